"use strict";
// The filter of the trial table, as on the screen: `method:random lr>1e-3 failed score>=0.97 penalty=l1 best:10`.
// parseFilter(text, data) returns a function that gives an array of flags, one a trial; it throws a FilterError.

class FilterError extends Error {}

const PHASES = ["running", "done", "failed", "raced", "waiting"];
const FLAGS = ["reused", "manual", "warned"];
const FIELDS = ["score", "std", "delta", "seconds", "number", "method", "error", "best"];
const TERM = /^([^<>=!:]+?)\s*(<=|>=|!=|=|:|<|>)(.*)$/s;
const COMPARED = /^()\s*(<=|>=|!=|=|:|<|>)(.*)$/s;

const folded = (text) => text.toUpperCase().toLowerCase();

function numberOf(text) {
  const plain = text.trim().toLowerCase();
  if (/^[+-]?(inf|infinity)$/.test(plain)) return plain.startsWith("-") ? -Infinity : Infinity;
  if (!/^[+-]?(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)(e[+-]?\d[\d_]*)?$/.test(plain)) return NaN;
  if (/_(?!\d)|(?<!\d)_/.test(plain)) return NaN;
  return Number(plain.replaceAll("_", ""));
}

function wordsOf(text) {
  const words = [];
  let word = "", quoted = false, begun = false;
  for (const character of text) {
    if (character === '"') { quoted = !quoted; begun = true; }
    else if (/\s/.test(character) && !quoted) {
      if (word || begun) words.push(word);
      word = ""; begun = false;
    } else word += character;
  }
  if (quoted) throw new FilterError(`a quote is not closed: "${word}`);
  if (word || begun) words.push(word);
  return words;
}

function tolerance(text, number) {
  const exact = Number.isFinite(number) ? 1e-9 * Math.abs(number) : 0;
  const found = /^[+-]?0*([0-9.]+)(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (!found) return exact;
  const digits = found[1];
  if (digits.replaceAll(".", "").replace(/^0+/, "").length < 3) return exact;
  const point = digits.indexOf(".");
  const decimals = point < 0 ? 0 : digits.length - point - 1;
  const exponent = Number(found[2] ?? 0);
  return Math.abs(exponent) < 300 ? Math.max(exact, 0.5000001 * 10 ** (exponent - decimals)) : exact;
}

// what an operator and a number say of a value; never true of one that is not there
function comparison(operator, text, what) {
  const number = numberOf(text);
  if (Number.isNaN(number)) throw new FilterError(`${what}: ${text} is not a number`);
  const room = tolerance(text, number);
  const equal = (value) => Number.isFinite(number) ? Math.abs(value - number) <= room : value === number;
  const tests = {
    "<": (value) => value < number, "<=": (value) => value <= number,
    ">": (value) => value > number, ">=": (value) => value >= number,
    "!=": (value) => !equal(value), "=": equal, ":": equal,
  };
  return (value) => value !== null && value !== undefined && !Number.isNaN(value) && tests[operator](value);
}

const byPart = (known, name) => known.includes("__") && known.slice(known.lastIndexOf("__") + 2).startsWith(name);
const initials = (known) => {
  const last = known.includes("__") ? known.slice(known.lastIndexOf("__") + 2) : known;
  return last.split("_").filter(Boolean).map((part) => [...part][0]).join("");
};
const byInitials = (known, name) => initials(known).startsWith(name);

const namesOf = (data) => [...new Set([...FIELDS, ...data.axes, ...data.extras].map((known) => known.name ?? known))];

// a word in parts by a known name in front, which may have signs in it, as fbeta_score(beta=2) has
function wholeName(word, data) {
  const known = namesOf(data).filter((name) => word.startsWith(name)).sort((one, other) => other.length - one.length);
  for (const name of known) {
    const found = COMPARED.exec(word.slice(name.length));
    if (found) return [word, name, found[2], found[3]];
  }
  return null;
}

function fieldOf(name, word, data) {
  const names = namesOf(data);
  if (names.includes(name)) return name;
  if (name === "#") return "number";
  if (name && name === data.scoring) return "score";
  for (const fits of [(known, part) => known.startsWith(part), byPart, byInitials]) {
    const found = [...new Set(names.filter((known) => name && fits(known, name)))];
    if (found.length === 1) return found[0];
    if (found.length) throw new FilterError(`${word}: ${name} may be ${found.join(", ")}`);
  }
  throw new FilterError(`${name} is not known; there are ${names.join(", ")}`);
}

function flagTerm(word, data) {
  if (PHASES.includes(word)) return (row) => data.phase[row] === PHASES.indexOf(word);
  if (FLAGS.includes(word)) return (row) => (data.flags[row] & (1 << FLAGS.indexOf(word))) !== 0;
  const known = [...PHASES.slice(1, 2), PHASES[0], ...PHASES.slice(2), ...FLAGS].join(", ");
  throw new FilterError(`${word || "(nothing)"} says nothing to compare; alone may stand: ${known}, best.`);
}

function methodTerm(value, data) {
  const wanted = new Set();
  for (const part of value.split(",")) {
    const exact = data.methods.filter((name) => name === part);
    const found = exact.length ? exact : data.methods.filter((name) => part && name.startsWith(part));
    if (!found.length) throw new FilterError(`no method ${part}; there are ${data.methods.join(", ")}`);
    for (const name of found) wanted.add(name);
  }
  return (row) => wanted.has(data.methods[data.method[row]]);
}

function labelsLike(axis, part) {
  const shown = axis.labels.map((label) => folded(label.text));
  const wanted = folded(part);
  const places = (fits) => axis.labels.map((_, place) => place).filter(fits);
  const exact = places((place) => shown[place] === wanted);
  if (exact.length) return exact;
  const number = numberOf(part);
  let found = places((place) => axis.labels[place].number !== null && axis.labels[place].number === number);
  if (!found.length) found = places((place) => wanted && shown[place].startsWith(wanted));
  if (found.length === 1) return found;
  const what = found.length ? "may be several of" : "is not among";
  const choices = axis.labels.map((label) => label.text).join(", ");
  throw new FilterError(`${axis.name}: ${part || "(nothing)"} ${what} ${choices}`);
}

function choiceTerm(axis, column, operator, text) {
  let accepted;
  if (["<", "<=", ">", ">="].includes(operator)) {
    if (!axis.labels.some((label) => label.number !== null)) {
      throw new FilterError(`${axis.name} has no order; use ${axis.name}=…`);
    }
    const compare = comparison(operator, text, axis.name + operator);
    accepted = axis.labels.map((label) => compare(label.number));
  } else {
    const wanted = new Set(text.split(",").flatMap((part) => labelsLike(axis, part.trim())));
    accepted = axis.labels.map((_, place) => wanted.has(place) !== (operator === "!="));
  }
  return (row) => column[row] !== null && accepted[column[row]];
}

function valueTerm(name, operator, value, data) {
  const compare = comparison(operator, value, name + operator);
  const own = (score) => (score === null ? null : data.sign * score);
  const values = {
    score: (row) => own(data.mean[row]),
    std: (row) => data.std[row],
    seconds: (row) => data.seconds[row],
    number: (row) => data.number[row],
    delta: (row) => (data.mean[row] === null || data.baseline === null ? null : data.mean[row] - data.baseline),
  };
  return (row) => compare(values[name](row));
}

function countOf(value, word) {
  if (!/^[0-9]{1,9}$/.test(value) || Number(value) < 1) {
    throw new FilterError(`${word}: how many of the best? A whole number from 1`);
  }
  return Number(value);
}

// an attribute of a watched trial may be a text; one that is not there reads None
function textTerm(extra, operator, text) {
  const wanted = folded(text);
  const number = Number.isNaN(numberOf(text)) ? () => false : comparison("=", text, "");
  const same = (row) => folded(extra.texts[row] ?? "None") === wanted || number(extra.numbers[row]);
  return operator === "!=" ? (row) => extra.texts[row] !== null && !same(row) : same;
}

const turned = (term) => (row) => !term(row);

function termOf(word, data) {
  const found = wholeName(word, data) ?? TERM.exec(word);
  if (!found) return word === "best" ? 1 : flagTerm(word, data);
  const name = fieldOf(found[1].trim(), word, data), operator = found[2], value = found[3].trim();
  if (!value) throw new FilterError(`${word}: nothing to compare with after ${operator}`);
  const place = data.axes.findLastIndex((axis) => axis.name === name);
  if (["method", "error", "best"].includes(name) && place < 0 && ![":", "=", "!="].includes(operator)) {
    throw new FilterError(`${word}: write ${name}:…, not ${name}${operator}…`);
  }
  if (place >= 0) {
    const axis = data.axes[place], column = data.params[place];
    if (axis.choice) return choiceTerm(axis, column, operator, value);
    const compare = comparison(operator, value, axis.name + operator);
    return (row) => compare(column[row]);
  }
  if (!FIELDS.includes(name)) {
    const extra = data.extras.find((known) => known.name === name);
    if (extra.texts && [":", "=", "!="].includes(operator)) return textTerm(extra, operator, value);
    const compare = comparison(operator, value, name + operator);
    return (row) => compare(extra.numbers[row]);
  }
  if (name === "best") return countOf(value, word);
  if (name === "method" || name === "error") {
    const wanted = folded(value);
    const failed = (row) => data.error[row] >= 0 && folded(data.errors[data.error[row]]).includes(wanted);
    const term = name === "method" ? methodTerm(value, data) : failed;
    return operator === "!=" ? turned(term) : term;
  }
  return valueTerm(name, operator, value, data);
}

function parseFilter(text, data) {
  const terms = [];
  let best = null;
  for (const word of wordsOf(text)) {
    const negated = word.startsWith("!") && word.length > 1;
    const term = termOf(negated ? word.slice(1) : word, data);
    if (typeof term !== "number") terms.push(negated ? turned(term) : term);
    else if (negated) throw new FilterError(`${word}: best cannot be turned around`);
    else best = best === null ? term : Math.min(best, term);
  }
  return () => {
    const passing = data.number.map((_, row) => terms.every((term) => term(row)));
    if (best === null) return passing;
    const rows = passing.map((_, row) => row).filter((row) => passing[row] && data.phase[row] === 1 && data.mean[row] !== null);
    rows.sort((one, other) => data.mean[other] - data.mean[one]);
    const kept = new Set(rows.slice(0, best));
    return passing.map((_, row) => kept.has(row));
  };
}
