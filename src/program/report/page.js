"use strict";

// Light, dark, or as the system has it.
const theme = document.getElementById("theme");
theme.addEventListener("change", () => {
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});

// The verdict table: sorted by its headers or the list beside it, filtered by words and by failure.
const verdict = document.getElementById("verdict");
if (verdict) {
  const headers = [...verdict.tHead.rows[0].cells];
  const body = verdict.tBodies[0];
  const order = document.getElementById("order");
  const words = document.getElementById("words");
  const failures = document.getElementById("failures");
  const shown = document.getElementById("shown");

  const sortBy = (column, direction) => {
    const text = (row) => row.cells[column].textContent;
    const number = (row) => Number.parseFloat(text(row));
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [number(a), number(b)];
      const numbers = !Number.isNaN(x) && !Number.isNaN(y) && x !== y;
      return direction * (numbers ? x - y : text(a).localeCompare(text(b), "en", {numeric: true}));
    });
    body.append(...rows);
    headers.forEach((header, k) =>
      header.setAttribute("aria-sort", k !== column ? "none" : direction > 0 ? "ascending" : "descending"));
    order.value = `${column} ${direction}`;
  };
  headers.forEach((header, column) => header.querySelector("button").addEventListener("click", () =>
    sortBy(column, header.getAttribute("aria-sort") === "ascending" ? -1 : 1)));
  order.addEventListener("change", () => sortBy(...order.value.split(" ").map(Number)));

  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word)) || (failures.checked && row.dataset.pass === "1");
      if (!row.hidden) ++count;
    }
    shown.textContent = `${count} of ${body.rows.length} shown`;
  };
  words.addEventListener("input", filter);
  failures.addEventListener("change", filter);
  filter();
}

// A link to some rows of the table of all checks.
for (const link of document.querySelectorAll("a[data-words]")) {
  link.addEventListener("click", () => {
    document.getElementById("all-checks").open = true;
    const words = document.getElementById("words");
    words.value = link.dataset.words;
    words.dispatchEvent(new Event("input"));
  });
}

// What is compressed in the page.
const inflated = (text) => {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
};

// Figures, and those of them that are shown small at the top.
const showFigures = async () => {
  for (const image of document.querySelectorAll("img[data-svg]")) {
    const svg = await inflated(image.dataset.svg).blob();
    image.src = URL.createObjectURL(new Blob([svg], {type: "image/svg+xml"}));
    delete image.dataset.svg;
  }
  for (const link of document.querySelectorAll("a[data-figure]")) {
    const image = document.querySelector(`#${link.dataset.figure} img`);
    link.prepend(Object.assign(new Image(), {src: image.src, alt: image.alt}));
  }
};
showFigures().then(() => { document.body.dataset.figures = "shown"; });

// Figures whose dots or cells have numbers: point at one, or step from one to the next with the arrow keys.
const canBePointedAt = async (plot) => {
  const {areas} = await inflated(document.getElementById(plot.dataset.points).textContent).json();
  const dots = areas.flatMap((area) => area.points.map(([x, y, ...values]) => ({x, y, values, area})));
  const image = plot.querySelector("img");
  const mark = Object.assign(document.createElement("div"), {className: "mark", hidden: true});
  const tip = Object.assign(document.createElement("div"), {className: "tip", hidden: true});
  const spoken = Object.assign(document.createElement("div"), {className: "unseen"});
  spoken.setAttribute("aria-live", "polite");
  plot.append(mark, tip, spoken);
  let current = null;

  const hide = () => { mark.hidden = tip.hidden = true; current = null; };
  const show = (dot, aloud) => {
    current = dot;
    const [x, y] = [dot.x * image.clientWidth, dot.y * image.clientHeight];
    Object.assign(mark.style, {left: `${x}px`, top: `${y}px`});
    const list = document.createElement("dl");
    dot.area.columns.forEach((name, k) => {
      if (dot.values[k] === "") return;
      list.append(Object.assign(document.createElement("dt"), {textContent: name}),
                  Object.assign(document.createElement("dd"), {textContent: dot.values[k]}));
    });
    tip.replaceChildren(list);
    mark.hidden = tip.hidden = false;
    const left = x + 14 + tip.offsetWidth > image.clientWidth ? x - 14 - tip.offsetWidth : x + 14;
    const top = Math.min(Math.max(4, y - tip.offsetHeight / 2), image.clientHeight - tip.offsetHeight - 4);
    Object.assign(tip.style, {left: `${Math.max(4, left)}px`, top: `${Math.max(4, top)}px`});
    if (aloud) spoken.textContent = tip.innerText.replace(/\s+/g, " ");
  };
  const distance = (dot, x, y) =>
    Math.hypot((dot.x - x) * image.clientWidth, (dot.y - y) * image.clientHeight);
  const nearest = (x, y) => {
    const edge = 0.01;  // dots lie on the frame too
    const inside = dots.filter(({area}) => x >= area.left - edge && x <= area.right + edge &&
                                           y >= area.top - edge && y <= area.bottom + edge);
    return inside.reduce((best, dot) => best && distance(best, x, y) <= distance(dot, x, y) ? best : dot, null);
  };

  plot.addEventListener("pointermove", (event) => {
    const box = image.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const dot = nearest(x, y);
    if (dot && distance(dot, x, y) <= 24) show(dot, false);
    else hide();
  });
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("blur", hide);
  plot.addEventListener("focus", () => { if (!current && plot.matches(":focus-visible")) show(dots[0], true); });
  plot.addEventListener("keydown", (event) => {
    const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
    if (event.key === "Escape") hide();
    if (!step) return;
    event.preventDefault();
    const from = current ?? dots[0];
    // The nearest ahead; what lies aside counts twice.
    const cost = (dot) => {
      const [dx, dy] = [(dot.x - from.x) * image.clientWidth, (dot.y - from.y) * image.clientHeight];
      const ahead = dx * step[0] + dy * step[1];
      const aside = Math.abs(dx * step[1]) + Math.abs(dy * step[0]);
      return ahead > .5 && aside <= 2 * ahead ? ahead + 2 * aside : Infinity;
    };
    const next = dots.reduce((best, dot) => cost(dot) < cost(best) ? dot : best, from);
    show(next, true);
  });
};
Promise.all([...document.querySelectorAll(".plot[data-points]")].map(canBePointedAt))
  .then(() => { document.body.dataset.points = "ready"; });
