/** The page around a report: one file, no script, no request to anywhere, light and dark. */
import { escapeHtml } from "./markup.js";

const STYLE = `
:root { color-scheme: light dark; --bg:#fff; --panel:#f7f8fa; --ink:#16191f; --muted:#5a6472; --line:#dde1e7; --band:#e0a100;
  --pass:#137a3e; --fail:#c4262e; --unknown:#946200; --c1:#2f6fde; --c2:#d9680f; --c3:#1f9d76; --c4:#9152c9; --c5:#c2356f; --c6:#5b7083; }
@media (prefers-color-scheme: dark) { :root { --bg:#12151a; --panel:#1a1f27; --ink:#e8ebf0; --muted:#9aa5b5; --line:#313946; --band:#d9a514;
  --pass:#4cc783; --fail:#ff6f74; --unknown:#e8b44c; --c1:#6ea1ff; --c2:#ff9d52; --c3:#4fd1a5; --c4:#c193f0; --c5:#f0719f; --c6:#9fb3c6; } }
* { box-sizing: border-box; }
body { margin:0; background:var(--bg); color:var(--ink); font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif; }
main { max-width:1180px; margin:0 auto; padding:20px 16px 60px; }
h1 { font-size:1.5rem; margin:.2rem 0; overflow-wrap:anywhere; } h2 { font-size:1.15rem; margin:2.2rem 0 .4rem; border-bottom:1px solid var(--line); padding-bottom:.25rem; }
h3 { font-size:1rem; margin:1.2rem 0 .3rem; } p { margin:.4rem 0; } .lead,.muted { color:var(--muted); } a { color:var(--c1); }
.verdict { border-left:6px solid var(--muted); background:var(--panel); padding:.8rem 1rem; border-radius:6px; margin:.8rem 0; overflow-wrap:anywhere; }
.verdict.pass { border-color:var(--pass); } .verdict.fail,.verdict.error { border-color:var(--fail); } .verdict.unknown,.verdict.interrupted { border-color:var(--unknown); }
.verdict strong { font-size:1.15rem; }
.badge { font-weight:600; white-space:nowrap; color:var(--muted); } .badge.pass { color:var(--pass); } .badge.fail,.badge.error { color:var(--fail); } .badge.unknown,.badge.interrupted { color:var(--unknown); }
.scroll { overflow-x:auto; } table { border-collapse:collapse; width:100%; font-size:.9rem; } caption { text-align:left; color:var(--muted); padding:.2rem 0; }
th,td { text-align:left; padding:.3rem .6rem .3rem 0; border-bottom:1px solid var(--line); vertical-align:top; } th { color:var(--muted); font-weight:600; white-space:nowrap; }
td.num,th.num { text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap; } td code, p code, li code { overflow-wrap:anywhere; }
.matrix td,.matrix th { text-align:center; padding:.25rem .3rem; } .matrix td:first-child,.matrix th:first-child { text-align:left; white-space:nowrap; }
pre { background:var(--panel); padding:.6rem .8rem; border-radius:6px; overflow-x:auto; font-size:.82rem; margin:.3rem 0; max-height:26rem; }
details { margin:.3rem 0; } summary { cursor:pointer; color:var(--muted); } .proof { border-left:3px solid var(--fail); padding-left:.8rem; margin:.7rem 0; }
.chart { margin:.5rem 0 .2rem; } .chart svg { display:block; width:100%; height:auto; } .narrow { display:none; }
@media (max-width:640px) { .wide { display:none; } .narrow { display:block; } main { padding:14px 14px 40px; } }
dl.facts { display:grid; grid-template-columns:repeat(auto-fill,minmax(150px,1fr)); gap:.5rem 1rem; margin:.8rem 0; } dl.facts div { min-width:0; } dt { color:var(--muted); font-size:.8rem; } dd { margin:0; overflow-wrap:anywhere; }
.roomy { min-width:14rem; } .row { letter-spacing:.12em; line-height:1.3; } .spark { display:block; width:190px; height:34px; } .spark polyline { fill:none; stroke:var(--c1); stroke-width:1.5; } .spark circle { fill:var(--c1); } .spark.warning circle:last-of-type { fill:var(--fail); }
nav { font-size:.9rem; display:flex; flex-wrap:wrap; gap:.2rem .9rem; margin:.6rem 0; }
@media print { details { display:block; } }
`;

export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body><main>
${withStableIds(body)}
</main></body>
</html>
`;
}

/** The chart renderer counts its ids through the life of the process; by order of appearance the same data give the same page. */
function withStableIds(html: string): string {
  const ids = new Map<string, string>();
  return html.replaceAll(/(?<=id="|url\(#)zr\d+-[a-z]+\d+/g, (id) => {
    const stable = ids.get(id) ?? `z${ids.size}`;
    ids.set(id, stable);
    return stable;
  });
}

export function facts(items: readonly (readonly [name: string, value: string])[]): string {
  return `<dl class="facts">${items.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join("")}</dl>`;
}
