using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DaskK8s.Dask.Arrays;

/// <summary>Converts elements to another type; source and target are bytes.</summary>
internal delegate void ArrayConverter(string dtype, ReadOnlySpan<byte> source, Span<byte> target);

/// <summary>An element type that both NumPy and .NET support.</summary>
internal sealed class ArrayElement<T>(string dtype, ArrayConverter convert) : ArrayElement(dtype, Unsafe.SizeOf<T>())
    where T : unmanaged
{
    public override Type Type => typeof(T);

    protected override IEnumerable<(Type Type, ArrayForm Form)> Types =>
    [
        (typeof(T[]), ArrayForm.One),
        (typeof(T[,]), ArrayForm.Two),
        (typeof(T[,,]), ArrayForm.Three),
        (typeof(Memory<T>), ArrayForm.Memory),
        (typeof(ReadOnlyMemory<T>), ArrayForm.ReadOnlyMemory),
        (typeof(DaskArray<T>), ArrayForm.Shaped),
    ];

    public override object Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<T>(bytes);

    protected override ArraySink NewSink(ArrayElement source, ArrayForm form, int[] shape, int count) => new Sink(this, source, form, shape, count);

    private sealed class Sink : ArraySink
    {
        private readonly ArrayElement<T> _element;
        private readonly ArrayElement _source;
        private readonly ArrayForm _form;
        private readonly int[] _shape;
        private readonly Array _array;

        public Sink(ArrayElement<T> element, ArrayElement source, ArrayForm form, int[] shape, int count)
            : base((long)count * source.Size)
        {
            (_element, _source, _form, _shape) = (element, source, form, shape);
            _array = form switch
            {
                ArrayForm.Two => new T[shape[0], shape[1]],
                ArrayForm.Three => new T[shape[0], shape[1], shape[2]],
                _ => new T[count],
            };
        }

        public override object Result => _form switch
        {
            ArrayForm.Memory => new Memory<T>((T[])_array),
            ArrayForm.ReadOnlyMemory => new ReadOnlyMemory<T>((T[])_array),
            ArrayForm.Shaped => new DaskArray<T>((T[])_array, _shape),
            _ => _array,
        };

        protected override void Take(long offset, ReadOnlySpan<byte> bytes)
        {
            long first = offset / _source.Size;
            Span<byte> target = MemoryMarshal.CreateSpan(
                ref Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(_array), (nint)(first * _element.Size)),
                checked(bytes.Length / _source.Size * _element.Size));
            if (ReferenceEquals(_source, _element))
            {
                bytes.CopyTo(target);
            }
            else
            {
                _element.Convert(_source.DType, bytes, target);
            }
        }
    }

    private void Convert(string source, ReadOnlySpan<byte> bytes, Span<byte> target) => convert(source, bytes, target);
}
