// The table of trials, which draws only the rows that can be seen, and the lines of the parallel coordinates.

const ROW = 26;
const MORE = 12;
const PRINTED = 100;

function cellsOf(data) {
  const text = (value, write) => (value === null ? "" : write(value));
  const points = data.axes.map((axis, place) => ({
    title: axis.name,
    number: !axis.choice,
    value: (row) => data.params[place][row],
    text: (row) => text(data.params[place][row], (value) => axis.choice ? axis.labels[value].shown : valueText(value, axis.integer)),
  }));
  const delta = (row) => (data.mean[row] === null || data.baseline === null ? null : data.mean[row] - data.baseline);
  const extras = data.extras.map((extra) => ({
    number: true,
    value: (row) => extra.numbers[row],
    text: (row) => extra.shown ? extra.shown[row] : text(extra.numbers[row], scoreText),
  }));
  return [
    { number: true, value: (row) => data.number[row], text: (row) => String(data.number[row]) },
    { number: false, value: (row) => data.method[row], text: (row) => data.methods[data.method[row]] ?? "" },
    ...points,
    { number: true, best: true, value: (row) => data.mean[row], text: (row) => text(data.mean[row], (score) => scoreText(data.sign * score)) },
    { number: true, value: (row) => data.std[row], text: (row) => text(data.std[row], scoreText) },
    { number: true, best: true, value: delta, text: (row) => text(delta(row), signedText) },
    { number: true, value: (row) => data.seconds[row], text: (row) => data.seconds[row].toFixed(2) },
    ...extras,
    { number: false, value: (row) => data.phase[row], text: (row) => (data.phase[row] ? PHASES[data.phase[row]] : data.open) },
  ];
}

class TrialTable {
  constructor(part, data, changed) {
    this.data = data;
    this.changed = changed;
    this.columns = cellsOf(data);
    this.scroll = part.querySelector(".trials-scroll");
    this.table = this.scroll.querySelector("table");
    this.body = this.table.tBodies[0];
    this.entry = part.querySelector(".filter input");
    this.said = part.querySelector(".filter output");
    this.sorted = { column: this.columns.findIndex((column) => column.best), descending: true };
    this.brushed = null;
    this.filter = parseFilter("", data);
    this.rows = [];
    this.best = data.best;
    part.querySelector(".filter").hidden = false;
    this.table.setAttribute("aria-rowcount", data.number.length + 1);
    this.headings();
    this.entry.addEventListener("input", () => this.refilter());
    this.scroll.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    this.caption = this.table.caption.textContent;
    window.addEventListener("beforeprint", () => this.draw(true));
    window.addEventListener("afterprint", () => this.draw());
    part.querySelector(".trials-note")?.remove();
    this.refilter();
  }

  headings() {
    [...this.table.tHead.rows[0].cells].forEach((cell, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.textContent;
      cell.replaceChildren(button);
      button.addEventListener("click", () => {
        const same = this.sorted.column === place;
        this.sorted = { column: place, descending: same ? !this.sorted.descending : Boolean(this.columns[place].best) };
        this.arrange();
      });
    });
  }

  refilter() {
    try {
      this.filter = parseFilter(this.entry.value, this.data);
      this.entry.removeAttribute("aria-invalid");
      this.trouble = "";
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      this.entry.setAttribute("aria-invalid", "true");
      this.trouble = error.message;
    }
    this.arrange();
  }

  brush(passes) {
    this.brushed = passes;
    this.arrange();
  }

  arrange() {
    const passing = this.filter();
    const { column, descending } = this.sorted;
    const value = this.columns[column].value;
    const rows = [];
    for (let row = 0; row < passing.length; row++) if (passing[row] && (!this.brushed || this.brushed(row))) rows.push(row);
    const raced = this.columns[column].best ? (row) => Number(this.data.phase[row] === 3) : () => 0;
    rows.sort((one, other) => {
      const a = value(one), b = value(other);
      if (a === null || b === null) return Number(a === null) - Number(b === null);
      return raced(one) - raced(other) || (descending ? b - a : a - b);
    });
    this.rows = rows;
    [...this.table.tHead.rows[0].cells].forEach((cell, place) => {
      if (place === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    const all = passing.length;
    this.said.textContent = this.trouble || (rows.length === all ? `${all} trials` : `${rows.length} of ${all} trials`);
    this.said.classList.toggle("trouble", Boolean(this.trouble));
    this.scroll.scrollTop = 0;
    this.draw();
    this.changed(rows, rows.length < all);
  }

  draw(printing = false) {
    const height = this.scroll.clientHeight || 600;
    const first = printing ? 0 : Math.max(Math.floor(this.scroll.scrollTop / ROW) - MORE, 0);
    const count = printing ? PRINTED : Math.ceil(height / ROW) + 2 * MORE;
    const last = Math.min(first + count, this.rows.length);
    const drawn = [this.spacer(first)];
    for (let place = first; place < last; place++) drawn.push(this.line(place));
    drawn.push(this.spacer(printing ? 0 : this.rows.length - last));
    const some = printing && last < this.data.number.length;
    this.table.caption.textContent = some ? `${last} of ${this.caption}, as sorted and filtered on the page` : this.caption;
    this.body.replaceChildren(...drawn.filter(Boolean));
  }

  spacer(count) {
    if (!count) return null;
    const row = document.createElement("tr");
    row.setAttribute("aria-hidden", "true");
    const cell = row.insertCell();
    cell.colSpan = this.columns.length;
    cell.className = "spacer";
    cell.style.height = `${count * ROW}px`;
    return row;
  }

  line(place) {
    const trial = this.rows[place];
    const row = document.createElement("tr");
    row.setAttribute("aria-rowindex", place + 2);
    if (trial === this.best) row.className = "best";
    if (this.data.phase[trial] === 2) row.className = "failed";
    for (const column of this.columns) {
      const cell = row.insertCell();
      cell.textContent = column.text(trial);
      if (column.number) cell.className = "number";
    }
    if (this.data.error[trial] >= 0) row.title = this.data.errors[this.data.error[trial]];
    return row;
  }
}

const SVG = "http://www.w3.org/2000/svg";

class Lines {
  constructor(part, data, brushed) {
    this.data = data;
    this.brushed = brushed;
    this.svg = part.querySelector(".lines svg");
    this.ranges = new Map();
    this.layer = document.createElementNS(SVG, "g");
    this.layer.setAttribute("class", "chosen");
    // below the axes and their labels
    this.svg.querySelector(".tunetop-lines").after(this.layer);
    data.lines.x.forEach((x, axis) => this.handle(x, axis));
    this.clear = part.querySelector(".lines .clear");
    this.clear.addEventListener("click", () => this.reset());
    part.querySelector(".lines .hint").hidden = false;
    this.svg.ownerDocument.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.ranges.size) this.reset();
    });
  }

  handle(x, axis) {
    const { bottom, top } = this.data.lines;
    const area = this.svg.appendChild(document.createElementNS(SVG, "rect"));
    const band = this.svg.appendChild(document.createElementNS(SVG, "rect"));
    band.setAttribute("class", "band");
    for (const [rect, wide] of [[area, 28], [band, 14]]) {
      rect.setAttribute("x", x - wide / 2);
      rect.setAttribute("width", wide);
    }
    area.setAttribute("class", "handle");
    area.setAttribute("y", top - 8);
    area.setAttribute("height", bottom - top + 16);
    let from = null;
    const heightOf = (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
      return (bottom - at.y) / (bottom - top);
    };
    area.addEventListener("pointerdown", (event) => {
      from = heightOf(event);
      area.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    area.addEventListener("pointermove", (event) => {
      if (from === null) return;
      this.range(axis, band, from, heightOf(event));
    });
    area.addEventListener("pointerup", (event) => {
      if (from !== null) this.range(axis, band, from, heightOf(event));
      from = null;
    });
    band.addEventListener("dblclick", () => this.range(axis, band, 0, 0));
  }

  range(axis, band, from, to) {
    const { bottom, top } = this.data.lines;
    const low = Math.min(from, to), high = Math.max(from, to);
    if (high - low < 0.01) this.ranges.delete(axis);
    else this.ranges.set(axis, { low: low - 1e-4, high: high + 1e-4, band });
    const span = bottom - top;
    band.setAttribute("y", bottom - high * span);
    band.setAttribute("height", this.ranges.has(axis) ? (high - low) * span : 0);
    this.tell();
  }

  reset() {
    for (const { band } of this.ranges.values()) band.setAttribute("height", 0);
    this.ranges.clear();
    this.tell();
  }

  tell() {
    const { heights, level } = this.data.lines;
    const ranges = [...this.ranges];
    this.clear.hidden = !ranges.length;
    const passes = (row) => level[row] >= 0 && ranges.every(([axis, { low, high }]) => heights[axis][row] >= low && heights[axis][row] <= high);
    this.brushed(ranges.length ? passes : null);
  }

  // the chosen trials above the others, which fade
  show(rows, some) {
    const { x, heights, level, bottom, top } = this.data.lines;
    this.svg.classList.toggle("faded", some);
    const parts = new Map();
    for (const row of some ? rows : []) {
      if (level[row] < 0) continue;
      const points = x.map((across, axis) => `${across} ${(bottom - heights[axis][row] * (bottom - top)).toFixed(1)}`);
      if (!parts.has(level[row])) parts.set(level[row], []);
      parts.get(level[row]).push(`M${points.join("L")}`);
    }
    const paths = [...parts].sort((one, other) => one[0] - other[0]).map(([step, path]) => {
      const element = document.createElementNS(SVG, "path");
      element.setAttribute("d", path.join(""));
      element.setAttribute("stroke", `var(--ramp-${step})`);
      return element;
    });
    this.layer.replaceChildren(...paths);
  }
}
