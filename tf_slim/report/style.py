"""How a page looks, on light and on dark."""

CSS = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #f6f7f9; --ink: #1a1d21; --soft: #5b6470; --line: #d9dde3;
  --main: #1f5fbf; --first: #c2410c; --second: #0f766e; --third: #9333ea; --thin: #b3bac4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1d2125; --ink: #e6e9ed; --soft: #9aa4b0; --line: #343a41;
    --main: #78aefc; --first: #fb923c; --second: #2dd4bf; --third: #c99bff; --thin: #525b66;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 66rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: .25rem 0; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .5rem; }
p { margin: .25rem 0 .9rem; max-width: 46rem; }
.soft, figcaption, footer { color: var(--soft); }
.cards { display: grid; gap: .75rem; margin-top: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .75rem 1rem; }
.card b { display: block; font-size: 1.45rem; font-weight: 600; line-height: 1.3; }
.card span { color: var(--soft); font-size: .85rem; }
.scroll { overflow: auto; max-height: 34rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem; text-align: right; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; font-size: .85rem; position: sticky; top: 0;
  background: var(--paper); }
th:first-child, td:first-child { text-align: left; padding-left: 0; overflow-wrap: break-word;
  min-width: 6.5rem; }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem 2.5rem; align-items: flex-start; }
.charts > * { min-width: 0; max-width: 100%; }
figure { margin: 0; }
figcaption { font-size: .85rem; max-width: 26rem; }
svg { display: block; max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg .tick { fill: var(--soft); font-size: 11px; }
svg .grid { stroke: var(--line); }
svg .cell { fill: var(--main); stroke: var(--line); stroke-width: .5; }
svg .wrong { fill: var(--first); }
svg .on { fill: var(--paper); }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .even { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .bar { fill: var(--main); fill-opacity: .85; }
svg .unsure { fill: var(--main); fill-opacity: .4; }
svg .too-sure { fill: var(--first); fill-opacity: .55; }
.main { stroke: var(--main); } .first { stroke: var(--first); }
.second { stroke: var(--second); } .third { stroke: var(--third); }
svg .thin { stroke: var(--thin); stroke-width: 1; }
ul.legend { list-style: none; margin: .4rem 0; padding: 0; font-size: .9rem; }
ul.legend svg { display: inline-block; margin-right: .5rem; vertical-align: middle; }
.mistakes { display: grid; gap: .9rem;
  grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
.mistakes figure { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .7rem; }
.mistakes img { width: 100%; height: 8rem; object-fit: contain; image-rendering: pixelated; }
.mistakes .where { overflow-wrap: anywhere; }
.flag { float: right; color: var(--first); font-weight: 600; margin-left: .5rem; }
td small { color: var(--soft); }
.warnings { border: 1px solid var(--first); border-radius: .6rem; padding: 0 1rem .5rem;
  margin-top: 1.5rem; }
.warnings h2 { margin-top: .75rem; }
.warnings li { overflow-wrap: anywhere; }
.mistakes b { color: var(--ink); overflow-wrap: anywhere; }
.sheet { display: grid; gap: .35rem; margin-bottom: 1.1rem;
  grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); }
.sheet img { display: block; width: 100%; height: 6rem; object-fit: cover; border-radius: .3rem;
  background: var(--card); }
.problems li { border-left: 3px solid var(--first); padding: .1rem 0 .1rem .7rem;
  margin-bottom: .5rem; max-width: 52rem; overflow-wrap: anywhere; }
.reasons th, .reasons td { text-align: left; overflow-wrap: anywhere; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .75rem;
  font-size: .85rem; overflow-wrap: anywhere; }
"""
