// Numbers as text, as the rest of the page has them: see engine/verdict/numbers.py.

// Python's "%.4g"
function general(value) {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, exponent] = value.toExponential(3).split("e");
  const power = Number(exponent);
  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (power < -4 || power >= 4) {
    return `${trimmed(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return trimmed(value.toFixed(3 - power));
}

const scoreText = (value) => {
  const size = Math.abs(value);
  return value === 0 || (size >= 1e-3 && size < 1000) ? value.toFixed(4) : general(value);
};

const signedText = (value) => (value > 0 ? "+" : value < 0 ? "-" : "") + scoreText(Math.abs(value));

// a whole number stays whole, as a number of a range is shown
const valueText = (value, whole) => (whole ? String(value) : general(value));
