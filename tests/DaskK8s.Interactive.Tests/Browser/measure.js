// Measures the views of a page and leaves the result in a meta element, for --dump-dom.
(() => {
  const luminance = ([r, g, b]) => [r, g, b]
    .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const rgb = color => color.match(/[\d.]+/g).map(Number);
  const isClear = color => { const parts = rgb(color); return parts.length === 4 && parts[3] === 0; };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (!isClear(color)) return rgb(color);
    }
    return [255, 255, 255];
  };
  const contrast = element => {
    const [a, b] = [luminance(rgb(getComputedStyle(element).color)), luminance(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };

  const overflowing = [], scrolling = [];
  let lowestContrast = 99, lowestContrastText = '';
  for (const details of document.querySelectorAll('details')) details.open = true;
  for (const view of document.querySelectorAll('.daskk8s')) {
    const frame = view.getBoundingClientRect();
    if (frame.right > view.closest('.cell').getBoundingClientRect().right + 0.5) overflowing.push('view: ' + frame.right);
    for (const element of view.querySelectorAll('*')) {
      if (['STYLE', 'CAPTION'].includes(element.tagName)) continue;
      const name = element.tagName + '.' + element.className + ': ' + element.textContent.slice(0, 60);
      const box = element.getBoundingClientRect();
      const scroller = element.closest('.dk-scroll');
      if (scroller === element) {
        if (element.scrollWidth > element.clientWidth + 1) scrolling.push(name);
      } else {
        // A box that is wider than it shows, or that leaves what it is in; inline boxes have no width of their own.
        if (element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) overflowing.push(name);
        if (!scroller && (box.right > frame.right + 0.5 || box.left < frame.left - 0.5)) overflowing.push('leaves: ' + name);
      }
      const ownText = [...element.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
      if (ownText) {
        const c = contrast(element);
        if (c < lowestContrast) { lowestContrast = c; lowestContrastText = name; }
      }
    }
  }

  const result = {
    broken: window.broken ?? null, overflowing, scrolling, lowestContrast, lowestContrastText,
    text: document.body.innerText,
    background: getComputedStyle(document.querySelector('.daskk8s')).backgroundColor,
    requests: performance.getEntriesByType('resource').map(r => r.name),
  };
  const meta = document.createElement('meta');
  meta.name = 'measured';
  meta.content = encodeURIComponent(JSON.stringify(result));
  document.head.append(meta);
})();
