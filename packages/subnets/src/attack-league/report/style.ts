/** The report's looks: one sheet, light and dark, readable on paper. */

export const style = `
:root{color-scheme:light dark;--ground:#fbfaf7;--card:#fff;--ink:#1d1c1a;--soft:#5d5a54;--rule:#e4e0d8;--grid:#ece8e0;--zero:#8a857b;
--s0:#2257a8;--s1:#b4451a;--s2:#1c7a55;--s3:#7a4aa5;--s4:#6b6a1c;--s5:#a33468;
--bad:#a3271b;--bad-ground:#fbe7e3;--good:#1f6b45;--good-ground:#e3f2ea;--unsure:#7a5a00;--unsure-ground:#f8efd2}
@media (prefers-color-scheme:dark){:root{--ground:#151618;--card:#1d1f22;--ink:#eceae5;--soft:#aaa69d;--rule:#34363a;--grid:#2a2c30;--zero:#85827a;
--s0:#7fb0ff;--s1:#ff9a6b;--s2:#62cf9c;--s3:#c6a2f0;--s4:#cdc95e;--s5:#f08cb8;
--bad:#ff9d8f;--bad-ground:#40201b;--good:#7fd6a8;--good-ground:#173527;--unsure:#f0cf6a;--unsure-ground:#3a3115}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:3rem 1.25rem 4rem}
h1{font-size:2.1rem;line-height:1.15;letter-spacing:-.02em;margin:0 0 .6rem}
h2{font-size:1.35rem;letter-spacing:-.01em;margin:3.2rem 0 .6rem}
h3{font-size:1.05rem;margin:0 0 .3rem}
p{margin:.3rem 0 .8rem;max-width:44rem}
.lead{font-size:1.2rem}
.soft,figure>p,.facts dt{color:var(--soft)}
figure,.card{margin:1.2rem 0;padding:1.25rem 1.35rem;background:var(--card);border:1px solid var(--rule);border-radius:12px}
.scroll{overflow-x:auto}
.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--s0);outline-offset:3px}
svg{display:block;font:inherit}
figure .scroll svg{min-width:46rem;width:100%;height:auto}
.label{font-size:13px;fill:var(--ink)}.tick{font-size:12px;fill:var(--soft)}.value{font-size:12.5px;font-weight:600;fill:var(--ink)}
.grid{stroke:var(--grid)}.rule{stroke:var(--rule)}.zero{stroke:var(--zero);stroke-width:1.4}.error{stroke:var(--ink);stroke-width:1.3}
.pays{fill:var(--bad-ground);opacity:.5}.link{stroke:var(--zero);stroke-width:2;stroke-dasharray:2 4}
.mark{stroke:var(--card);stroke-width:1.2}.whisker{stroke-width:2.2;opacity:.6;fill:none}.curve{fill:none;stroke-width:2.2}.band{opacity:.18}.bar{opacity:.9}
${[0, 1, 2, 3, 4, 5].map((n) => `.mark.s${n},.bar.s${n},.band.s${n}{fill:var(--s${n})}.whisker.s${n},.curve.s${n}{stroke:var(--s${n})}`).join('')}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.3rem;list-style:none;margin:.2rem 0 .9rem;padding:0;font-size:.9rem}
.legend li{display:flex;gap:.45rem;align-items:center}
details{margin-top:.8rem}summary{cursor:pointer;font-size:.9rem;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums;margin-top:.6rem}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
th,td{padding:.5rem .6rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
thead th{font-weight:600;border-bottom-color:var(--zero)}tbody th{font-weight:500}
.verdict b{display:block;font-size:1rem}.verdict small{color:inherit;white-space:nowrap}
td.bad{background:var(--bad-ground);color:var(--bad)}td.good{background:var(--good-ground);color:var(--good)}td.unsure{background:var(--unsure-ground);color:var(--unsure)}
.chip{display:inline-block;border-radius:99px;padding:.05rem .65rem;font-size:.82rem;font-weight:600;margin-left:.5rem;vertical-align:2px}
.chip.bad{background:var(--bad-ground);color:var(--bad)}.chip.good{background:var(--good-ground);color:var(--good)}.chip.unsure{background:var(--unsure-ground);color:var(--unsure)}
.card p{margin:.35rem 0}.card ul{margin:.5rem 0 0;padding-left:1.15rem}.card li{margin:.25rem 0}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:0}.facts dd{margin:0}
code{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}
@media (max-width:40rem){main{padding-top:1.8rem}h1{font-size:1.7rem}figure,.card{padding:1rem}.facts{grid-template-columns:1fr}.facts dd{margin-bottom:.4rem}}
@media print{.scroll{overflow:visible}figure,.card{break-inside:avoid}}
`.trim()
