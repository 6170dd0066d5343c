"use strict";
/* The page works on what stands in it: texts from the elements, numbers from #data. Whatever
   a document says goes in by textContent only. A row of #data, one a sentence, as page.py
   writes it: */
const [START, END, KIND, LABELS, P, UNSURE, SECOND, P2, ALONE, ALONE2, BEFORE, NEIGHBOURS, WORDS] =
  Array(13).keys();
const KINDS = ["sentence", "clause", "heading", "furniture"];
const CODE = 0, ID = 1, ZH = 2, EN = 3;

const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const { labels, names, rows } = JSON.parse($("data").textContent);
const articles = [...document.querySelectorAll(".document")];
const sentences = []; // { element, row, text, place, doc }, in the order of the text
articles.forEach((article, doc) => {
  article.querySelectorAll(".s").forEach((element, place) => {
    element.dataset.i = sentences.length;
    sentences.push({ element, row: rows[doc][place], text: element.textContent, place, doc });
  });
});

let shownDoc = names.length > 1 ? 0 : -1; // -1: all
const wanted = new Set(); // labels that are filtered for
let onlyUnsure = false;
let chosen = null; // the sentence that was clicked or moved to
let inSight = null; // the sentence that #details tells of

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function both(zh, en) {
  return [make("span", { className: "t", lang: "zh" }, zh), make("span", { className: "t", lang: "en" }, en)];
}

const isFurniture = (s) => s.row[KIND] === 3;
const chip = (k) => make("span", { className: `chip ${labels[k][CODE]}` }, labels[k][CODE]);
const named = (k) => [chip(k), " ", ...both(labels[k][ZH], labels[k][EN])];
const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
const inDoc = (s) => shownDoc < 0 || s.doc === shownDoc;
const filtering = () => wanted.size > 0 || onlyUnsure;
const matches = (s) =>
  (!wanted.size || wanted.has(s.row[LABELS][0])) && (!onlyUnsure || s.row[UNSURE] === 1) && !isFurniture(s);
const visible = (s) => inDoc(s) && (!filtering() || matches(s));

/* Words of a sentence, as [text, value]; offsets count code points. */
function wordsOf(s) {
  const points = Array.from(s.text), found = [];
  for (let i = 0; i < s.row[WORDS].length; i += 3) {
    const [first, length, value] = s.row[WORDS].slice(i, i + 3);
    found.push({ first, last: first + length, value, text: points.slice(first, first + length).join("") });
  }
  return found;
}

function mark(s) {
  const points = Array.from(s.text);
  let position = 0;
  s.element.replaceChildren();
  for (const word of wordsOf(s).sort((a, b) => a.first - b.first)) {
    s.element.append(points.slice(position, word.first).join(""),
      make("mark", { className: word.value < 0 ? "against" : "for" }, word.text));
    position = word.last;
  }
  s.element.append(points.slice(position).join(""));
}

/* --- Details ------------------------------------------------------------------------------- */

function wordList(words, className) {
  const list = make("dl", { className });
  for (const word of words) list.append(make("dt", {}, word.text), make("dd", {}, signed(word.value)));
  return list;
}

function details(s) {
  const row = s.row, first = row[LABELS][0], second = row[SECOND], parts = [];
  const hide = make("button", { type: "button", className: "hide", onclick: () => choose(null) }, "×");
  hide.setAttribute("aria-label", "Close 关闭");
  parts.push(hide, make("h2", {}, ...named(first), " ", row[P].toFixed(2)));
  if (row[UNSURE]) {
    parts.push(make("p", { className: "warn" }, "? ", ...both("存疑：别依赖这个标签", "unsure: do not rely on the label")));
  }
  parts.push(make("p", {}, ...both("其次 ", "Runner-up "), ...named(second), " ", row[P2].toFixed(2)));
  if (row[LABELS].length > 1) {
    const further = make("p", {}, ...both("次标签 ", "Also "));
    for (const k of row[LABELS].slice(1)) further.append(...named(k), " ");
    parts.push(further);
  }
  if (!isFurniture(s)) {
    parts.push(make("p", { className: "quiet" }, ...both(
      `不计其他句子的标签：${labels[first][CODE]} ${row[ALONE].toFixed(2)}，${labels[second][CODE]} ${row[ALONE2].toFixed(2)}`,
      `Without its neighbours: ${labels[first][CODE]} ${row[ALONE].toFixed(2)}, ${labels[second][CODE]} ${row[ALONE2].toFixed(2)}`)));
  }
  const words = wordsOf(s);
  const reasons = [
    ["for", words.filter((word) => word.value > 0), first],
    ["against", words.filter((word) => word.value < 0), second],
  ];
  for (const [side, found, k] of reasons) {
    if (found.length) {
      parts.push(make("p", {}, ...both("支持 ", "For "), chip(k)), wordList(found, side));
    }
  }
  const around = make("dl", {});
  if (row[BEFORE]) around.append(make("dt", {}, ...both("前一句的用词", "words of the sentence before")), make("dd", {}, signed(row[BEFORE])));
  if (row[NEIGHBOURS]) around.append(make("dt", {}, ...both("全文其他句的标签", "labels of the other sentences")), make("dd", {}, signed(row[NEIGHBOURS])));
  if (around.children.length) parts.push(make("p", {}, ...both("上下文", "Context")), around);
  if (row[KIND] > 1) parts.push(make("p", { className: "quiet" }, ...both(["标题", "网页部件"][row[KIND] - 2], KINDS[row[KIND]])));
  return parts;
}

function show(s) {
  if (s === inSight) return;
  if (inSight) inSight.element.textContent = inSight.text;
  inSight = s;
  $("details").classList.toggle("empty", !s);
  root.classList.toggle("open", Boolean(s));
  if (s) {
    mark(s);
    $("details").replaceChildren(...details(s));
  } else {
    $("details").replaceChildren(make("p", { className: "quiet" }, ...both("选一个句子。", "Choose a sentence.")));
  }
}

/* One sentence is in the tab order; arrow keys move on from it. */
let stop = null;
function tabStop(s) {
  if (stop) stop.element.tabIndex = -1;
  stop = s;
  if (s) s.element.tabIndex = 0;
}

function choose(s) {
  if (chosen) chosen.element.classList.remove("chosen");
  chosen = s;
  if (s) {
    s.element.classList.add("chosen");
    tabStop(s);
  }
  show(s);
  if (s) s.element.scrollIntoView({ block: "nearest" }); // not under the details of a narrow window
}

const wide = matchMedia("(min-width: 60rem)"); // else details lie over the text: only if asked for
const at = (target) => {
  const element = target instanceof Element ? target.closest(".s") : null;
  return element ? sentences[Number(element.dataset.i)] : null;
};
$("text").addEventListener("click", (event) => {
  const s = at(event.target);
  if (s) s.element.focus({ preventScroll: true });
  choose(s);
});
$("text").addEventListener("focusin", (event) => {
  // A mouse brings the focus before the click; what moved then would miss it.
  if (at(event.target) && event.target.matches(":focus-visible")) choose(at(event.target));
});
$("text").addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse" && wide.matches) show(at(event.target) || chosen);
});
$("text").addEventListener("pointerleave", () => show(chosen));
$("text").addEventListener("keydown", (event) => {
  const there = sentences.filter(visible);
  const place = there.indexOf(chosen);
  const next = {
    ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1, ArrowUp: place - 1,
    Home: 0, End: there.length - 1,
  }[event.key];
  if (event.key === "Escape") choose(null);
  else if (next !== undefined && there[next] && !event.altKey && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    tabStop(there[next]);
    there[next].element.focus();
  }
});

/* --- Which documents and labels -------------------------------------------------------------- */

function update() {
  articles.forEach((article, doc) => { article.hidden = shownDoc >= 0 && doc !== shownDoc; });
  for (const link of document.querySelectorAll("#documents a")) {
    if (Number(link.dataset.d) === shownDoc) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const counts = labels.map(() => 0);
  let total = 0, unsure = 0, kept = 0;
  for (const s of sentences) {
    const matching = filtering() && matches(s);
    s.element.classList.toggle("match", matching);
    if (!inDoc(s) || isFurniture(s)) continue;
    counts[s.row[LABELS][0]] += 1;
    total += 1;
    unsure += s.row[UNSURE];
    kept += matching;
  }
  for (const button of document.querySelectorAll(".entry[data-k]")) {
    const k = Number(button.dataset.k), share = total ? (100 * counts[k]) / total : 0;
    button.querySelector(".number").textContent = counts[k] ? `${counts[k]} · ${share.toFixed(0)} %` : "0";
    button.classList.toggle("none", !counts[k]);
    button.setAttribute("aria-pressed", String(wanted.has(k)));
  }
  $("unsure").querySelector(".number").textContent = unsure;
  $("unsure").setAttribute("aria-pressed", String(onlyUnsure));
  $("clear").hidden = !filtering();
  $("text").classList.toggle("filtered", filtering());
  $("status").replaceChildren(...(filtering()
    ? both(`${total} 句中的 ${kept} 句`, `${kept} of ${total} sentences`)
    : both(`${total} 句`, `${total} sentences`)));
  $("bar").replaceChildren(...labels.flatMap((label, k) => {
    if (!counts[k]) return [];
    const part = make("span", { className: label[CODE], title: `${label[CODE]} ${label[ZH]} ${label[EN]}: ${counts[k]}` });
    part.style.flexGrow = counts[k];
    if (counts[k] / total > 0.045) part.append(label[CODE]);
    return [part];
  }));
  if (chosen && !visible(chosen)) choose(null);
  if (!stop || !visible(stop)) tabStop(sentences.find(visible) || null);
  if (!$("table").hidden) table();
}

document.querySelector(".legend").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const k = Number(button.dataset.k);
  if (button.id === "clear") { wanted.clear(); onlyUnsure = false; $("unsure").focus(); }
  else if (button.id === "unsure") onlyUnsure = !onlyUnsure;
  else if (!wanted.delete(k)) wanted.add(k);
  update();
});
if ($("documents")) $("documents").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  shownDoc = Number(link.dataset.d);
  choose(null);
  update();
});

/* --- Table and CSV --------------------------------------------------------------------------- */

const PORTION = 300; // rows at a time: all ten thousand at once took eight seconds
let waiting = [];

function tableRow(s) {
  const row = s.row, words = wordsOf(s).map((word) => `${word.text} ${signed(word.value)}`).join(", ");
  return make("tr", { className: `${row[UNSURE] ? "unsure" : ""} ${KINDS[row[KIND]]}` },
    make("td", { className: "number" }, s.place + 1),
    make("td", {}, ...named(row[LABELS][0])),
    make("td", { className: "number" }, row[P].toFixed(2) + (row[UNSURE] ? " ?" : "")),
    make("td", {}, ...named(row[SECOND])),
    make("td", { className: "number" }, row[P2].toFixed(2)),
    make("td", { lang: "zh" }, words),
    make("td", { lang: "zh" }, s.text));
}

function moreRows(n) {
  $("rows").append(...waiting.splice(0, n).map(tableRow));
  $("more").hidden = !waiting.length;
}

function table() {
  const head = make("tr", {}, ...[["", ""], ["标签", "label"], ["概率", "p"], ["其次", "runner-up"], ["概率", "p"], ["依据", "words"], ["句子", "sentence"]]
    .map(([zh, en]) => make("th", { scope: "col" }, ...both(zh, en))));
  const columns = make("colgroup", {}, ...Array.from({ length: 7 }, () => make("col")));
  const more = make("button", { type: "button", id: "more", className: "screen", onclick: () => moreRows(PORTION) }, "…");
  $("table").replaceChildren(make("table", {}, columns, make("thead", {}, head), make("tbody", { id: "rows" })), more);
  waiting = sentences.filter(visible);
  moreRows(PORTION);
  new IntersectionObserver((seen) => { if (seen[0].isIntersecting) moreRows(PORTION); }).observe(more);
}

$("view").addEventListener("click", () => {
  const opening = $("table").hidden;
  choose(null);
  $("table").hidden = !opening;
  $("text").hidden = opening;
  $("details").hidden = opening;
  document.querySelector(".columns").classList.toggle("reading", !opening);
  $("view").setAttribute("aria-pressed", String(opening));
  if (opening) table();
  else $("table").replaceChildren();
});

function csv() {
  const quoted = (value) => (/[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  const lines = [["document", "start", "end", "kind", "label", "labels", "confidence", "unsure", "runner_up", "runner_up_probability", "text"]];
  for (const s of sentences.filter(visible)) {
    const row = s.row, ids = row[LABELS].map((k) => labels[k][ID]);
    lines.push([names[s.doc], row[START], row[END], KINDS[row[KIND]], ids[0], ids.join("|"), row[P], row[UNSURE] === 1, labels[row[SECOND]][ID], row[P2], s.text]);
  }
  return lines.map((line) => line.map(quoted).join(",") + "\r\n").join("");
}

$("csv").addEventListener("click", () => {
  $("csv-text").value = csv();
  $("export-status").textContent = "";
  $("export").showModal();
  $("csv-text").select();
});
$("copy").addEventListener("click", async () => {
  const done = () => $("export-status").replaceChildren(...both("已复制", "copied"));
  const text = $("csv-text");
  try {
    await navigator.clipboard.writeText(text.value);
    done();
  } catch { // a browser that allows a page from a file nothing else
    text.select();
    if (document.execCommand("copy")) done();
  }
});
$("close").addEventListener("click", () => $("export").close());

/* --- Language --------------------------------------------------------------------------------- */

$("language").addEventListener("click", () => {
  root.lang = root.lang === "zh" ? "en" : "zh";
  $("language").lang = root.lang === "zh" ? "en" : "zh";
  $("language").textContent = root.lang === "zh" ? "English" : "中文";
});

$("names").open = matchMedia("(min-width: 40rem)").matches; // on a telephone the text comes first
addEventListener("beforeprint", () => {
  $("names").open = true;
  if ($("rows")) moreRows(waiting.length);
});
root.classList.add("js");
for (const element of document.querySelectorAll("[data-js]")) element.hidden = false;
document.querySelector(".columns").classList.add("reading");
for (const s of sentences) {
  s.element.tabIndex = -1;
  s.element.setAttribute("role", "button");
  s.element.setAttribute("aria-controls", "details");
}
inSight = undefined;
show(null);
update();
