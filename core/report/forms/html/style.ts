/** How the page looks: light and dark as the reader's system is, on paper in full, and legible where colours are replaced. */
export const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de;
  --good: #1a7f37; --warning: #8a5a00; --bad: #b3261e; --row: #f6f8fa; --now: #0550ae; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --text: #e6edf3; --quiet: #9da7b3; --line: #3d444d;
    --good: #56d364; --warning: #e3b341; --bad: #ff8b82; --row: #161b22; --now: #79c0ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5em; margin: 0; } h2 { font-size: 1.2em; margin: 1.5rem 0 .5rem; } h3 { font-size: 1em; margin: 1rem 0 .5rem; }
header p { margin: 0; } ul { margin: .5rem 0; padding-left: 1.5rem; }
a { color: var(--now); } :focus-visible { outline: 3px solid var(--now); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; background: var(--back); padding: .5rem; }
.quiet { color: var(--quiet); } .counts { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-left: .4rem solid var(--tone); border-radius: .3rem; padding: .2rem .8rem; }
.counts b { font-size: 1.4em; margin-right: .4rem; }
dl { margin: .5rem 0; } dl div { display: flex; gap: 0 .8rem; } dt { flex: none; width: 9rem; font-weight: 600; } dd { margin: 0; }
.good { --tone: var(--good); } .warning { --tone: var(--warning); } .bad { --tone: var(--bad); }
.status { color: var(--tone); font-weight: 600; white-space: nowrap; }
.table { overflow-x: auto; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; min-width: 60rem; font-size: .9em; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--line); vertical-align: middle; }
.more { display: block; color: var(--quiet); font-size: .9em; line-height: 1.3; }
th { font-weight: 600; } td, th { overflow-wrap: anywhere; } tbody th { font-weight: 400; } tbody tr { background: var(--back); } tbody tr:nth-child(even) { background: var(--row); }
tr:target { outline: 3px solid var(--now); outline-offset: -3px; }
.number { text-align: right; font-variant-numeric: tabular-nums; } .time { width: 37%; padding: 0 1rem; }
.name { width: 16%; } .short { width: 6rem; overflow-wrap: normal; } .date { white-space: nowrap; }
.line { position: relative; height: 1.4rem; }
.line > * { position: absolute; top: 0; bottom: 0; }
.bar { top: .35rem !important; bottom: .35rem !important; border-radius: .2rem; background: var(--tone);
  min-width: 3px; border: 1px solid var(--tone); forced-color-adjust: none; }
.bar.unsure { border-left-style: dashed; background: repeating-linear-gradient(135deg, var(--tone) 0 6px, transparent 6px 9px); }
.renewal { width: 0; border-left: 3px solid var(--text); }
.now { width: 0; border-left: 2px solid var(--now); } tbody .now { top: -.3rem; bottom: -.3rem; }
.tick { font-size: .85em; color: var(--quiet); border-left: 1px solid var(--line); padding-left: .2rem; white-space: nowrap; }
.key { display: inline-block; margin-right: 1.2rem; }
.key .line { display: inline-block; width: 1.5rem; height: 1rem; vertical-align: middle; margin-right: .3rem; }
@media screen and (max-width: 45rem) {
  table { min-width: 46rem; } .tick:nth-of-type(even) { font-size: 0; }
  tbody th { position: sticky; left: 0; z-index: 1; background: inherit; }
  dl div { display: block; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 9pt; } .skip { display: none; } .table { overflow: visible; }
  table { min-width: 0; font-size: 8pt; } .tick:nth-of-type(even) { font-size: 0; } ::details-content { content-visibility: visible; }
  .time { width: 32%; } .name { width: 19%; } .short { width: 4.5rem; }
  .bar, .renewal, .now { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  tr, li { break-inside: avoid; } thead { display: table-header-group; } h2 { break-after: avoid; }
}
`;
