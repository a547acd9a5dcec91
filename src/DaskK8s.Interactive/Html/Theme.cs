namespace DaskK8s.Interactive.Html;

/// <summary>The style sheet of all views.</summary>
/// <remarks>
/// The colours follow the notebook's theme if it can be detected (JupyterLab, VS Code), otherwise the reader's system. No colour carries a
/// meaning alone, and the bars stay visible if a reader's system forces its own colours. The doubled class overrides the table styles of notebooks.
/// </remarks>
internal static class Theme
{
    private const string Light =
        "--dk-fg:#1f2328;--dk-muted:#57606a;--dk-bg:#ffffff;--dk-head:#f6f8fa;--dk-line:#d0d7de;--dk-track:#e1e6eb;" +
        "--dk-fill:#3b7ddd;--dk-link:#0757ba;--dk-good:#116329;--dk-good-bg:#dafbe1;--dk-warn:#7d4e00;--dk-warn-bg:#fff4ce;" +
        "--dk-bad:#a40e26;--dk-bad-bg:#ffebe9;--dk-high:#bf6a02;--dk-full:#cf222e;color-scheme:light;";

    private const string Dark =
        "--dk-fg:#e6edf3;--dk-muted:#9ea7b3;--dk-bg:#161b22;--dk-head:#1f262e;--dk-line:#3a424c;--dk-track:#343c46;" +
        "--dk-fill:#5b9df5;--dk-link:#79b8ff;--dk-good:#7ee2a0;--dk-good-bg:#12361f;--dk-warn:#f2cc60;--dk-warn-bg:#3b2e0a;" +
        "--dk-bad:#ffa198;--dk-bad-bg:#4a1418;--dk-high:#e09b2d;--dk-full:#f4645a;color-scheme:dark;";

    public const string Css =
        ".daskk8s{" + Light + "}" +
        "@media (prefers-color-scheme:dark){.daskk8s{" + Dark + "}}" +
        "[data-jp-theme-light=true] .daskk8s,.vscode-light .daskk8s,.vscode-high-contrast-light .daskk8s{" + Light + "}" +
        "[data-jp-theme-light=false] .daskk8s,.vscode-dark .daskk8s,.vscode-high-contrast:not(.vscode-high-contrast-light) .daskk8s{" + Dark + "}" +
        Rules;

    private const string Rules =
        ".daskk8s.daskk8s{box-sizing:border-box;max-width:820px;margin:4px 0;border:1px solid var(--dk-line);border-radius:8px;overflow:hidden;" +
        "background:var(--dk-bg);color:var(--dk-fg);font:13px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\",sans-serif;text-align:left}" +
        ".daskk8s *{box-sizing:border-box}" +
        ".daskk8s bdi{overflow-wrap:anywhere}" +
        ".daskk8s .dk-head{display:flex;flex-wrap:wrap;align-items:center;gap:4px 10px;padding:10px 14px;background:var(--dk-head);border-bottom:1px solid var(--dk-line)}" +
        ".daskk8s .dk-title{font-size:16px;font-weight:600;overflow-wrap:anywhere}" +
        ".daskk8s .dk-sub{color:var(--dk-muted);overflow-wrap:anywhere}" +
        ".daskk8s .dk-chip{display:inline-block;padding:0 8px;border-radius:9px;border:1px solid currentColor;font-size:12px;line-height:18px;color:var(--dk-muted);overflow-wrap:anywhere}" +
        ".daskk8s .dk-good{color:var(--dk-good);background:var(--dk-good-bg)}" +
        ".daskk8s .dk-warn{color:var(--dk-warn);background:var(--dk-warn-bg)}" +
        ".daskk8s .dk-bad{color:var(--dk-bad);background:var(--dk-bad-bg)}" +
        ".daskk8s dl.dk-facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 14px;margin:0;padding:10px 14px}" +
        ".daskk8s .dk-facts dt{color:var(--dk-muted);font-weight:400}" +
        ".daskk8s .dk-facts dd{margin:0;overflow-wrap:anywhere}" +
        ".daskk8s a{color:var(--dk-link);text-decoration:underline;overflow-wrap:anywhere}" +
        ".daskk8s .dk-scroll{overflow-x:auto;border-top:1px solid var(--dk-line)}" +
        ".daskk8s .dk-head+.dk-scroll{border-top:0}" +
        ".daskk8s.daskk8s table{width:100%;margin:0;border:0;border-collapse:collapse;font-size:13px;color:inherit;background:transparent;table-layout:auto}" +
        ".daskk8s.daskk8s caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}" +
        ".daskk8s.daskk8s tr,.daskk8s.daskk8s tbody tr:nth-child(n),.daskk8s.daskk8s tbody tr:nth-child(n):hover{background:transparent;border:0}" +
        ".daskk8s.daskk8s th,.daskk8s.daskk8s td{padding:6px 5px;border:0;border-top:1px solid var(--dk-line);text-align:left;vertical-align:top;color:inherit;font-weight:400;white-space:normal;max-width:none}" +
        ".daskk8s.daskk8s thead th{border-top:0;color:var(--dk-muted);font-size:12px;line-height:1.3;vertical-align:bottom;white-space:normal}" +
        ".daskk8s.daskk8s tbody th{font-weight:600;min-width:84px;overflow-wrap:anywhere}" +
        ".daskk8s.daskk8s .dk-n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}" +
        ".daskk8s.daskk8s tr>:first-child{padding-left:14px}.daskk8s.daskk8s tr>:last-child{padding-right:14px}" +
        ".daskk8s.daskk8s tfoot th,.daskk8s.daskk8s tfoot td{border-top:2px solid var(--dk-line);font-weight:600}" +
        ".daskk8s .dk-mem{width:176px;min-width:124px}" +
        ".daskk8s .dk-bar{display:block;height:8px;margin:0 0 2px;border-radius:4px;overflow:hidden;background:var(--dk-track);outline:1px solid transparent}" +
        ".daskk8s .dk-fill{display:block;height:100%;background:var(--dk-fill);forced-color-adjust:none}" +
        ".daskk8s .dk-fill.dk-high{background:var(--dk-high)}.daskk8s .dk-fill.dk-full{background:var(--dk-full)}" +
        ".daskk8s .dk-small{font-size:12px;color:var(--dk-muted);font-weight:400;overflow-wrap:anywhere}" +
        ".daskk8s .dk-wait{color:var(--dk-warn);font-size:12px;font-weight:400;overflow-wrap:anywhere}" +
        ".daskk8s .dk-notes{margin:0;padding:8px 14px 8px 32px;border-top:1px solid var(--dk-line);color:var(--dk-warn);overflow-wrap:anywhere;list-style:disc}" +
        ".daskk8s .dk-text{margin:0;padding:10px 14px;white-space:pre-wrap;overflow-wrap:anywhere}" +
        ".daskk8s.daskk8s pre{margin:0;padding:10px 14px;border:0;border-top:1px solid var(--dk-line);background:transparent;color:inherit;font:12px/1.45 ui-monospace,SFMono-Regular,Consolas,\"DejaVu Sans Mono\",monospace;white-space:pre-wrap;overflow-wrap:anywhere;max-height:420px;overflow-y:auto}" +
        ".daskk8s .dk-line{display:block}.daskk8s .dk-pod{color:var(--dk-muted)}" +
        ".daskk8s .dk-line.dk-ERROR,.daskk8s .dk-line.dk-CRITICAL{color:var(--dk-bad)}.daskk8s .dk-line.dk-WARNING{color:var(--dk-warn)}.daskk8s .dk-line.dk-DEBUG{color:var(--dk-muted)}" +
        ".daskk8s summary{padding:8px 14px;border-top:1px solid var(--dk-line);cursor:pointer;overflow-wrap:anywhere}" +
        ".daskk8s :focus-visible{outline:2px solid var(--dk-link);outline-offset:-2px}";
}
