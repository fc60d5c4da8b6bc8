// Above this stand LAWS, one a law of the forecast, and the helpers of their formulas.
const root = document.currentScript.closest("section");
const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
const find = (selector) => root.querySelector(selector);
const all = (selector) => [...root.querySelectorAll(selector)];
const HALF = 0.5, MOST = 0.9, STEPS = 41, BEYOND = 1.6, NEAR = 2;

const decoded = (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true));
};

const laws = data.laws.map((law, k) => {
  const numbers = decoded(law.draws), width = law.columns.length;
  const draws = Array.from({ length: numbers.length / width }, (_, i) => numbers.subarray(i * width, (i + 1) * width));
  return { ...law, ...LAWS[k], draws, width };
});

// The scale on which noise, and the drift beyond the data, are added.
const onLink = (response) => data.link.name === "log" ? Math.log(response)
  : data.link.name === "logit" ? Math.log(response) - Math.log1p(-response) : response / data.link.spread;
const fromLink = (z) => data.link.name === "log" ? Math.exp(z)
  : data.link.name === "logit" ? 0.5 * (1 + Math.tanh(0.5 * z)) : z * data.link.spread;
const threshold = (value) => data.link.name !== "own" && value <= 0 ? -Infinity
  : data.link.name === "logit" && value >= 1 ? Infinity : onLink(value);

// How fast the part of a draw's response that scale removes falls at the table's top, on the path through a point.
const exponent = (law, p, at) => {
  const back = Math.log(data.largest / at[data.scale]), step = 0.01;
  const response = (efolds) => {
    const x = law.inputs.map((name) => at[name] * Math.exp((back + efolds)
      * (name === data.scale ? 1 : data.scale === "C" && (name === "N" || name === "D") ? 0.5 : 0)));
    return law.response(p, x, x.map(Math.log));
  };
  const lowest = Math.min(...[300, 100, 30, 10].map(response).filter(Number.isFinite));
  const end = Number.isFinite(lowest) ? lowest : 0;
  const found = (Math.log(response(-step) - end) - Math.log(response(step) - end)) / (2 * step);
  return Number.isFinite(found) ? Math.max(found, 0) : 0;
};

// A new run at a point: every law's draws on the scale of the link, in rising order, and the weight of each of them.
const predictive = (at) => {
  const d = Math.log(at[data.scale] / data.largest);
  const h = Math.min(Math.max(d, 0), Math.log(data.studied));
  return laws.map((law) => {
    const x = law.inputs.map((name) => at[name]), u = x.map(Math.log), values = new Float64Array(law.draws.length);
    law.draws.forEach((p, i) => {
      const drift = h === 0 ? 0 : h * p[law.width - 1] * (law.exponent_moves ? exponent(law, p, at) : 1);
      const z = onLink(law.response(p, x, u)) + drift + law.scale(p, d) * p[law.width - 2];
      values[i] = Number.isNaN(z) ? Infinity : z;
    });
    return { values: values.sort(), weight: law.weight / law.draws.length };
  });
};

// Each draw stands at the middle of its own step of the distribution function; between two, a straight line.
const quantiles = (parts, wanted) => {
  const next = parts.map(() => 0), found = [];
  const total = parts.reduce((sum, part) => sum + part.weight * part.values.length, 0);
  let below = 0, from = null, to = null;
  const step = () => {
    let lowest = -1;
    parts.forEach((part, k) => {
      if (next[k] < part.values.length && (lowest < 0 || part.values[next[k]] < parts[lowest].values[next[lowest]])) lowest = k;
    });
    if (lowest < 0) return false;
    const { values, weight } = parts[lowest];
    from = to;
    to = [(below + 0.5 * weight) / total, values[next[lowest]]];
    next[lowest] += 1;
    below += weight;
    return true;
  };
  for (const p of wanted) {
    while ((to === null || to[0] < p) && step());
    const inside = from !== null && to[0] >= p;
    found.push(fromLink(inside ? from[1] + (to[1] - from[1]) * (p - from[0]) / (to[0] - from[0]) : to[1]));
  }
  return found;
};
const chanceOf = (parts, target) => {
  const limit = threshold(target);
  return parts.reduce((sum, { values, weight }) => sum + weight * values.filter((z) => data.target.above ? z >= limit : z <= limit).length, 0);
};
const probabilities = [...data.masses.map((mass) => (1 - mass) / 2).reverse(), 0.5, ...data.masses.map((mass) => (1 + mass) / 2)];
const answerAt = (at) => {
  const parts = predictive(at), found = quantiles(parts, probabilities), middle = data.masses.length;
  const ranges = data.masses.map((_, i) => [found[middle - 1 - i], found[middle + 1 + i]]);
  return { median: found[middle], ranges, of: (mass) => ranges[data.masses.indexOf(mass)], parts };
};

// Numbers in words.
const SUFFIXES = { "": 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 };
const quantity = (value, digits = 4) => {
  if (!Number.isFinite(value)) return "not available";
  const [mantissa, power] = value.toExponential(digits - 1).split("e").map(Number);
  if (mantissa === 0) return "0";
  if (power >= 15 || power < -4) return `${mantissa}e${power}`;
  const thousands = Math.max(0, Math.min(Math.floor(power / 3), 4));
  return `${Number((mantissa * 10 ** (power - 3 * thousands)).toPrecision(digits))}${["", "K", "M", "B", "T"][thousands]}`;
};
const read = (text) => {
  const found = /^([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?)(e[+-]?\d+)?([kmbt]?)$/i.exec(text.trim().replace("\u2212", "-"));
  if (!found || !/\d/.test(found[1]) || (found[2] && found[3])) return NaN;
  return Number(found[1].replaceAll(",", "") + (found[2] ?? "")) * SUFFIXES[found[3].toUpperCase()];
};
// A date is held as e to the power of its years since 2000.
const DAYS = 365.25, DAY = 864e5, FIRST = Date.UTC(2000, 0, 1);
const dateSaid = (value) => {
  const day = new Date(FIRST + Math.round(DAYS * Math.log(value)) * DAY);
  return Number.isFinite(day.getTime()) ? day.toISOString().slice(0, 10) : "beyond the calendar";
};
const readDate = (text) => {
  const found = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text.trim());
  if (!found) return NaN;
  const [, year, month, day] = found.map(Number);
  // Of a month or a year the last day.
  const at = found[3] ? Date.UTC(year, month - 1, day) : found[2] ? Date.UTC(year, month, 0) : Date.UTC(year, 11, 31);
  const back = new Date(at), same = (!found[3] || back.getUTCDate() === day) && (!found[2] || back.getUTCMonth() === month - 1);
  return same ? Math.exp((at - FIRST) / DAY / DAYS) : NaN;
};
const spanSaid = (years) => {
  const days = Math.abs(years) * DAYS;
  if (days < 60) return Math.round(days) === 1 ? "1 day" : `${Math.round(days)} days`;
  return days < 3 * DAYS ? `${Math.round(days / DAYS * 12)} months` : `${quantity(Math.abs(years), 2)} years`;
};
const amountOf = (isDate, value, digits = 4) => isDate ? dateSaid(value) : quantity(value, digits);
const along = data.along;
const scaleSaid = (value) => along.is_date || along.unit ? `${amountOf(along.is_date, value, 2)}${along.unit ? ` ${along.unit}` : ""}` : `${along.word}=${quantity(value, 2)}`;
const belowSaid = (ratio) => along.is_date ? `${spanSaid(Math.log(ratio))} before the first row` : `${twoDigits(ratio)} times below the smallest run`;
const farSaid = (ratio) => along.is_date ? `${spanSaid(Math.log(ratio))} ${ratio >= 1 ? "after" : "before"} ${along.top}` : `${twoDigits(ratio)} times ${along.top}`;
const number = (value) => {
  if (!Number.isFinite(value)) return "not available";
  // Far from the card's point numbers may be smaller than its places can show.
  const { places, least } = data.digits, kept = least || 3;
  const needed = value === 0 ? 0 : kept - 1 - Math.floor(Math.log10(Math.abs(value)));
  return Math.abs(value) >= 1e15 || needed > Math.max(7, places)
    ? value.toExponential(kept - 1) : value.toFixed(Math.max(places, needed));
};
const spread = ([low, high]) => `${number(low)} to ${number(high)}`;
const twoDigits = (ratio) => {
  const value = Number(ratio.toExponential(1));
  return value >= 9.95 ? value.toLocaleString("en-US", { maximumFractionDigits: 0 }) : String(value);
};
const evenly = (value) => Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
const chanceSaid = (p) => {
  const whole = evenly(100 * p);
  return `${p < 0.01 ? "under 1%" : p > 0.99 ? "over 99%" : `${whole}%`} ${data.chances[Math.min(100, Math.max(0, whole))]}`;
};
const power10 = (value) => `10${[...String(Math.round(Math.log10(value)))].map((c) => c === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[c]).join("")}`;

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// What the reader has set.
let state = { at: { ...data.at }, target: data.target.value };
const coupled = data.flop !== null;
const perParameter = (at) => coupled ? at.D / at.N : null;
const moved = (at, name, value) => {
  const next = { ...at, [name]: value };
  if (coupled && name === "C") {
    const stretch = Math.sqrt(value / at.C);
    next.N = at.N * stretch;
    next.D = at.D * stretch;
  } else if (coupled && (name === "N" || name === "D")) {
    next.C = data.flop * next.N * next.D;
  }
  return next;
};

const warningsAt = (at) => {
  const said = [], ratio = at[data.scale] / data.largest;
  const of = along.word;
  if (ratio > data.studied) {
    said.push(along.is_date ? `Extrapolation in time was never studied, and the allowance for drift grows no further after ${spanSaid(Math.log(data.studied))}.`
      : `Beyond what was studied: extrapolation was studied up to ${data.studied.toLocaleString("en-US")} times the largest run, and the range is probably too narrow here.`);
  }
  if (data.tested !== null && ratio > data.tested && twoDigits(ratio) !== twoDigits(data.tested)) {
    said.push(`Nothing beyond ${farSaid(data.tested)} was backtested on this table.`);
  }
  const here = perParameter(at);
  if (data.ratios && (here > data.far_split * data.ratios[1] || here < data.ratios[0] / data.far_split)) {
    said.push(`${quantity(here, 2)} tokens per parameter lie far outside the table's ${quantity(data.ratios[0], 2)} to ${quantity(data.ratios[1], 2)}; the extrapolation term knows only ${of}, so the range is probably too narrow.`);
  }
  for (const control of data.controls) {
    const value = at[control.name], own = !coupled || !["N", "D", "C"].includes(control.name);
    if (own && control.name !== data.scale && (value < control.least || value > control.most)) {
      said.push(`${control.label} at ${quantity(value, 3)} lies outside the table's ${quantity(control.least, 3)} to ${quantity(control.most, 3)}.`);
    }
  }
  return said;
};
const distanceAt = (at) => {
  const ratio = at[data.scale] / data.largest, here = perParameter(at);
  const ratioSaid = here === null ? "" : ` ${quantity(here, 2)} tokens per parameter.`;
  if (at[data.scale] < data.smallest) {
    return `${scaleSaid(at[data.scale])}: ${belowSaid(data.smallest / at[data.scale])} (${scaleSaid(data.smallest)}), so nothing was measured there.${ratioSaid}`;
  }
  const where = `${scaleSaid(at[data.scale])}: ${farSaid(ratio)} (${scaleSaid(data.largest)})`;
  return `${where}${ratio > 1 ? "" : `, so ${along.inside}`}.${ratioSaid}`;
};

// The fan: along the scale, at the tokens per parameter that are set.
const fanSteps = (at) => {
  const here = at[data.scale], low = Math.min(data.smallest, here / BEYOND), high = BEYOND * Math.max(data.largest, here);
  return Array.from({ length: STEPS }, (_, i) => {
    const value = low * (high / low) ** (i / (STEPS - 1)), found = answerAt(moved(at, data.scale, value));
    return { value, median: found.median, half: found.of(HALF), most: found.of(MOST) };
  }).filter((step) => [step.median, ...step.most].every(Number.isFinite));
};
const ticks = (low, high, count) => {
  const rough = (high - low) / count, base = 10 ** Math.floor(Math.log10(rough));
  const step = base * ([1, 2, 2.5, 5, 10].find((factor) => factor * base >= rough) ?? 10);
  const places = Math.max(0, Math.ceil(-Math.log10(step)) + (step / base === 2.5 ? 1 : 0));
  return Array.from({ length: Math.floor(high / step) - Math.ceil(low / step) + 1 }, (_, i) => (Math.ceil(low / step) + i) * step)
    .map((value) => [value, value.toFixed(Math.min(places, 12))]);
};
const dateTicks = (low, high, narrow) => {
  const start = 2000 + Math.log(low), end = 2000 + Math.log(high), most = narrow ? 4 : 8, found = [];
  const every = [1, 3, 6, 12, 24, 60, 120].find((months) => 12 * (end - start) / months <= most) ?? 240;
  for (let month = Math.ceil(12 * Math.floor(start) / every) * every; month <= 12 * Math.ceil(end); month += every) {
    const day = new Date(Date.UTC(0, 0, 1));
    day.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
    const value = Math.exp((day - FIRST) / DAY / DAYS);
    if (value >= low && value <= high) found.push([value, day.toISOString().slice(0, every >= 12 ? 4 : 7)]);
  }
  return found;
};
const scaleTicks = (low, high, narrow) => {
  if (along.is_date) return dateTicks(low, high, narrow);
  const decades = Math.log10(high / low), found = [];
  const every = Math.max(1, Math.ceil(decades / (narrow ? 4 : 8)));
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const digit of decades < 1.5 ? [1, 2, 5] : power % every === 0 ? [1] : []) {
      const value = Number(`${digit}e${power}`);
      if (value >= low && value <= high) found.push([value, data.scale === "C" && decades >= 1.5 ? power10(value) : quantity(value, 2)]);
    }
  }
  return found;
};
const element = (name, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const drawFan = (steps, answer) => {
  const svg = find("[data-fan]"), width = Math.max(260, svg.clientWidth || 640), narrow = width < 480;
  const height = Math.round(Math.min(400, Math.max(300, 0.55 * width)));
  const left = 52, right = width - 8, top = 40, bottom = height - 44;
  const here = state.at[data.scale], runs = data.runs, most = answer.of(MOST);
  const low = Math.min(...steps.map((step) => step.most[0]), ...runs.response, most[0]);
  const high = Math.max(...steps.map((step) => step.most[1]), ...runs.response, most[1]);
  const span = high - low || Math.abs(high) || 1;
  const close = state.target >= low - 0.4 * span && state.target <= high + 0.3 * span;
  const falls = steps[0].median >= steps[steps.length - 1].median;
  const yLow = Math.min(low - (falls ? 0.15 : 0.05) * span, close ? state.target - 0.06 * span : Infinity);
  const yHigh = Math.max(high + (falls ? 0.05 : 0.15) * span, close ? state.target + 0.06 * span : -Infinity);
  const from = steps[0].value / 1.15, to = steps[steps.length - 1].value;
  const x = (value) => left + (right - left) * Math.log(value / from) / Math.log(to / from);
  const y = (value) => bottom - (bottom - top) * (value - yLow) / (yHigh - yLow);
  const parts = [];
  const add = (...made) => parts.push(element(...made));
  const text = (px, py, said, attributes = {}) => add("text", { x: px, y: py, ...attributes }, said);
  const edge = x(data.largest);
  add("rect", { x: edge, y: top, width: Math.max(0, right - edge), height: bottom - top, style: "fill: var(--shade)" });
  const inside = right - edge > 160;
  text(inside ? edge + 6 : edge - 6, top - 7, inside ? along.past : `${along.past} \u2192`, { "text-anchor": inside ? "start" : "end", "font-style": "italic" });
  for (const [value, said] of ticks(yLow, yHigh, narrow ? 5 : 6)) {
    add("line", { x1: left, x2: right, y1: y(value), y2: y(value), style: "stroke: var(--grid)" });
    text(left - 7, y(value) + 4, said, { "text-anchor": "end" });
  }
  const area = (name) => {
    const there = steps.map((step) => `${x(step.value).toFixed(1)},${y(step[name][1]).toFixed(1)}`);
    const back = steps.map((step) => `${x(step.value).toFixed(1)},${y(step[name][0]).toFixed(1)}`).reverse();
    return `M${[...there, ...back].join("L")}Z`;
  };
  add("path", { d: area("most"), style: "fill: var(--band90); stroke: var(--axis); stroke-width: .6" });
  add("path", { d: area("half"), style: "fill: var(--band50)" });
  add("path", { d: `M${steps.map((step) => `${x(step.value).toFixed(1)},${y(step.median).toFixed(1)}`).join("L")}`, style: "fill: none; stroke: var(--accent); stroke-width: 1.8" });
  add("line", { x1: edge, x2: edge, y1: top, y2: bottom, style: "stroke: var(--muted); stroke-width: .8" });
  const ratio = perParameter(state.at);
  let hollow = false;
  runs.scale.forEach((value, i) => {
    const near = !runs.ratio || ratio === null || (runs.ratio[i] >= ratio / NEAR && runs.ratio[i] <= ratio * NEAR);
    hollow ||= !near;
    add("circle", { cx: x(value).toFixed(1), cy: y(runs.response[i]).toFixed(1), r: runs.scale.length > 100 ? 1.9 : 2.6, style: `stroke: var(--ink); stroke-width: .8; fill: ${near ? "var(--ink)" : "none"}` });
  });
  find("[data-hollow]").hidden = !hollow;
  if (close) {
    add("line", { x1: left, x2: right, y1: y(state.target), y2: y(state.target), style: "stroke: var(--ink); stroke-dasharray: 5 3" });
    text(left + 5, y(state.target) - 5, `target ${targetSaid()}`, { class: "ink" });
  }
  add("line", { x1: x(here), x2: x(here), y1: y(most[0]), y2: y(most[1]), style: "stroke: var(--accent); stroke-width: 2.4" });
  add("circle", { cx: x(here), cy: y(answer.median), r: 5, style: "fill: var(--accent); stroke: var(--paper); stroke-width: 1.5" });
  // Below and to the left of a falling fan there is room, and above it to the right; of a rising one the other way.
  const start = x(here) < left + 0.4 * (right - left);
  text(x(here) + (start ? 8 : -8), start === falls ? y(most[1]) - 8 : Math.min(y(most[0]) + 18, bottom - 5), `${number(answer.median)} (${spread(most)})`, { class: "strong", "text-anchor": start ? "start" : "end" });
  add("line", { x1: left, x2: right, y1: bottom, y2: bottom, style: "stroke: var(--axis)" });
  for (const [value, said] of scaleTicks(from, to, narrow)) {
    add("line", { x1: x(value), x2: x(value), y1: bottom, y2: bottom + 5, style: "stroke: var(--axis)" });
    text(x(value), bottom + 19, said, { "text-anchor": "middle" });
  }
  text((left + right) / 2, height - 6, along.title, { "text-anchor": "middle" });
  text(left, 14, sentence(data.metric));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("height", height);
  svg.replaceChildren(...parts);
};
const listSteps = (steps) => {
  if (!find("[data-steps]").open) return;
  find("[data-rows]").replaceChildren(...steps.filter((_, i) => i % 4 === 0).map((step) => {
    const row = document.createElement("tr");
    [amountOf(along.is_date, step.value, 2), number(step.median), spread(step.half), spread(step.most)].forEach((said, i) => {
      const cell = document.createElement(i ? "td" : "th");
      if (!i) cell.scope = "row";
      cell.textContent = said;
      row.append(cell);
    });
    return row;
  }));
};

// The page.
const targetSaid = () => String(Number(state.target.toPrecision(6)));
const goalSaid = () => `${targetSaid()} or ${data.target.above ? "more" : "less"}`;
const say = (selector, text) => { find(selector).textContent = text; };
const sliderOf = (control, value) => control.log ? Math.log10(value) : value;
const amount = (control, value) => `${amountOf(control.is_date, value)}${control.unit ? ` ${control.unit}` : ""}`;
let waiting = 0, pending = 0, drawn = false;
const showFan = (answer) => {
  const steps = fanSteps(state.at), ratio = perParameter(state.at), name = along.title;
  drawn = true;
  if (steps.length > 1) drawFan(steps, answer);
  listSteps(steps);
  say("[data-caption]", `${sentence(data.metric)} of a new run over ${along.is_date ? along.word : name.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}${ratio === null ? "" : `, at ${quantity(ratio, 2)} tokens per parameter as set above`}; shaded: ${along.past}, where nothing was measured.`);
};
const show = (editing = null) => {
  data.controls.forEach((control, i) => {
    const value = state.at[control.name], field = all("[data-input]")[i], slider = all("[data-slider]")[i];
    if (field !== editing) { field.value = amountOf(control.is_date, value); field.removeAttribute("aria-invalid"); }
    if (slider !== editing) slider.value = sliderOf(control, value);
    slider.setAttribute("aria-valuetext", amount(control, value));
  });
  const field = find("[data-target]"), slider = find("[data-target-slider]");
  if (field !== editing) { field.value = targetSaid(); field.removeAttribute("aria-invalid"); }
  if (slider !== editing) slider.value = state.target;
  slider.setAttribute("aria-valuetext", targetSaid());
  const answer = answerAt(state.at), chance = chanceOf(answer.parts, state.target), known = Number.isFinite(answer.median);
  say("[data-median]", number(answer.median));
  say("[data-range]", spread(answer.of(MOST)));
  say("[data-target-said]", goalSaid());
  say("[data-chance]", known ? chanceSaid(chance) : "not available");
  answer.ranges.forEach(([low, high], i) => {
    all("[data-low]")[i].textContent = number(low);
    all("[data-high]")[i].textContent = number(high);
  });
  say("[data-distance]", distanceAt(state.at));
  find("[data-warnings]").replaceChildren(...warningsAt(state.at).map((said) => {
    const item = document.createElement("li");
    item.textContent = said;
    return item;
  }));
  // The fan costs forty times as much as the numbers: while a slider moves, now and then is enough.
  if (!drawn) showFan(answer);
  else if (!pending) pending = setTimeout(() => { pending = 0; showFan(answerAt(state.at)); }, 20);
  const said = `Median ${number(answer.median)}, 90% range ${spread(answer.of(MOST))}; chance of ${goalSaid()} ${known ? chanceSaid(chance) : "not available"}.`;
  say("[data-alt]", `Fan chart of ${data.metric}. ${distanceAt(state.at)} ${said}`);
  clearTimeout(waiting);
  // Read aloud once the reader has stopped moving.
  waiting = setTimeout(() => say("[data-status]", said), 700);
  root.dispatchEvent(new CustomEvent("explored", { detail: { at: { ...state.at }, target: state.target, median: answer.median, ranges: answer.ranges, chance } }));
};
const set = (next, editing) => { state = { ...state, ...next }; say("[data-refusal]", ""); show(editing); };
const typed = (field, label, positive, apply, isDate = false) => {
  const value = isDate ? readDate(field.value) : read(field.value);
  if (Number.isFinite(value) && !(positive && value <= 0)) { field.removeAttribute("aria-invalid"); apply(value); return; }
  field.setAttribute("aria-invalid", "true");
  say("[data-refusal]", isDate ? `${label}: not a date; write one such as 2026-12-31.` : `${label}: not a quantity${positive ? " above 0" : ""}; write a number such as 70B, 1.4T, 6e23 or 1.95.`);
};
data.controls.forEach((control, i) => {
  const field = all("[data-input]")[i], slider = all("[data-slider]")[i];
  slider.min = sliderOf(control, control.low);
  slider.max = sliderOf(control, control.high);
  slider.step = (slider.max - slider.min) / 500;
  const apply = (value, editing) => set({ at: moved(state.at, control.name, value) }, editing);
  slider.addEventListener("input", () => apply(control.log ? 10 ** slider.valueAsNumber : slider.valueAsNumber, slider));
  field.addEventListener("input", () => typed(field, control.label, control.positive, (value) => apply(value, field), control.is_date));
  field.addEventListener("blur", () => { if (field.getAttribute("aria-invalid") !== "true") show(); });
});
const targetField = find("[data-target]"), targetSlider = find("[data-target-slider]");
targetSlider.min = data.target.low;
targetSlider.max = data.target.high;
targetSlider.step = (data.target.high - data.target.low) / 500;
targetSlider.addEventListener("input", () => set({ target: targetSlider.valueAsNumber }, targetSlider));
targetField.addEventListener("input", () => typed(targetField, "Target", data.link.name !== "own", (value) => set({ target: value }, targetField)));
targetField.addEventListener("blur", () => { if (targetField.getAttribute("aria-invalid") !== "true") show(); });
find("[data-reset]").addEventListener("click", () => set({ at: { ...data.at }, target: data.target.value }));
find("[data-steps]").addEventListener("toggle", () => showFan(answerAt(state.at)));
say("[data-scale-head]", along.title);
find(".explorer-body").hidden = false;
show();
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; show(); } });
