// Built from dashboard.ts by `npm run build` in web/.

// pages/element.ts
function element(id) {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}

// pages/metrics.ts
var LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
var LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
function parse(text) {
  return text.split("\n").flatMap((line) => {
    const [, name, labels, number] = LINE.exec(line.trim()) ?? [];
    const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
    if (name === void 0 || number === void 0 || Number.isNaN(value)) {
      return [];
    }
    const pairs = [...(labels ?? "").matchAll(LABEL)].map(([, label = "", value2 = ""]) => [
      label,
      value2.replace(/\\(.)/g, (_, character) => character === "n" ? "\n" : character)
    ]);
    return [{ name, labels: new Map(pairs), value }];
  });
}
function sum(samples, name) {
  const values = samples.filter((sample) => sample.name === name).map(({ value }) => value);
  return values.length === 0 ? null : values.reduce((one, two) => one + two, 0);
}
function buckets(samples, name) {
  const counts = /* @__PURE__ */ new Map();
  for (const { name: found, labels, value } of samples) {
    const bound = labels.get("le");
    if (found === `${name}_bucket` && bound !== void 0) {
      const number = bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
      counts.set(number, (counts.get(number) ?? 0) + value);
    }
  }
  return [...counts].sort(([one], [two]) => one - two);
}
function since(later, earlier) {
  const before = new Map(earlier);
  return later.map(([bound, count]) => [bound, Math.max(0, count - (before.get(bound) ?? 0))]);
}
function apart(cumulative) {
  return cumulative.map(([bound, count], at) => [bound, Math.max(0, count - (cumulative[at - 1]?.[1] ?? 0))]);
}
function quantile(cumulative, part) {
  const all = cumulative.at(-1)?.[1] ?? 0;
  if (all <= 0) {
    return null;
  }
  const rank = part * all;
  const at = cumulative.findIndex(([, count2]) => count2 >= rank);
  const [bound, count] = cumulative[at] ?? [0, 0];
  const [below, before] = cumulative[at - 1] ?? [0, 0];
  if (!Number.isFinite(bound)) {
    return below;
  }
  return count === before ? bound : below + (bound - below) * (rank - before) / (count - before);
}

// pages/plot.ts
var SVG = "http://www.w3.org/2000/svg";
function shape(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, String(value));
  }
  if (text) {
    made.textContent = text;
  }
  return made;
}
function curve(values, places, frame, kind = "") {
  if (values.length < 2) {
    return [];
  }
  const step = frame.width / (places - 1);
  const bottom = frame.top + frame.height;
  const first = frame.left + (places - values.length) * step;
  const points = values.map((value, at) => {
    const height = frame.most > 0 ? Math.min(value, frame.most) / frame.most * frame.height : 0;
    return `${(first + at * step).toFixed(1)} ${(bottom - height).toFixed(1)}`;
  });
  const line = `M${points.join(" L")}`;
  const end = frame.left + frame.width;
  return [
    shape("path", { class: `area ${kind}`, d: `${line} L${end} ${bottom} L${first.toFixed(1)} ${bottom}Z` }),
    shape("path", { class: `line ${kind}`, d: line })
  ];
}
function round(value) {
  if (value <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((times) => times * power >= value) ?? 10) * power;
}
function ticks(most) {
  const [size2, unit] = most >= 1e6 ? [1e6, "M"] : most >= 1e4 ? [1e3, "k"] : [1, ""];
  return [0, 1, 2, 3, 4, 5].map((part) => {
    const value = most * part / 5;
    return [value, value === 0 ? "0" : `${Number((value / size2).toPrecision(3))}${unit}`];
  });
}

// ../pubsub-gateway/src/page/dashboard/dashboard.ts
var PERIOD = 1e3;
var PLACES = 180;
var DELIVERED = "pubsub_gateway_deliveries_total";
var LAG = "pubsub_gateway_publishing_seconds";
var SLOW = 0.025;
var readings = [];
var trends = /* @__PURE__ */ new Map();
var last = null;
var flows = [];
var by = "rate";
var isRising = false;
var pill = element("state");
var rows = element("rows");
var filter = element("filter");
filter.addEventListener("input", drawTable);
for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => sortBy(button));
}
window.addEventListener("resize", draw);
void run();
async function run() {
  for (; ; ) {
    const begun = performance.now();
    if (!document.hidden) {
      try {
        take(await read());
        say("live", "Live");
        draw();
      } catch (error) {
        const words = error instanceof Error ? error.message : "";
        say("wrong", "No answer", words);
        refuse(words);
        last = null;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(100, PERIOD - (performance.now() - begun))));
  }
}
function refuse(words) {
  const none = element("none");
  if (readings.length === 0 && words !== "") {
    none.textContent = words;
    none.hidden = false;
  }
}
async function read() {
  const options = {
    cache: "no-store",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(5e3)
  };
  const [statistics, metrics, server] = await Promise.all([
    fetch("/events/stats?id=ALL", options),
    fetch("/events/metrics", { ...options, headers: {} }).catch(() => null),
    fetch("/pubsub/server.json", options).catch(() => null)
  ]);
  if (!statistics.ok) {
    throw new Error(
      statistics.headers.get("X-Nginx-PushStream-Explain") ?? `the statistics were answered with ${statistics.status}`
    );
  }
  return {
    statistics: await statistics.json(),
    samples: metrics?.ok ? parse(await metrics.text()) : [],
    // A gateway alone has no content there.
    server: server?.status === 200 ? await server.json() : null
  };
}
function take({ statistics, samples, server }) {
  const at = performance.now();
  const delivered = sum(samples, DELIVERED);
  const lag = buckets(samples, LAG);
  if (last !== null && statistics.uptime < last.statistics.uptime) {
    readings.length = 0;
    trends.clear();
    flows.length = 0;
    last = null;
  }
  const seconds = last === null ? 0 : (at - last.at) / 1e3;
  const before = new Map(last?.statistics.infos.map((info) => [info.channel, info]));
  let published = 0;
  let expected = 0;
  for (const info of statistics.infos) {
    const added = Math.max(
      0,
      info.published_messages - (before.get(info.channel)?.published_messages ?? info.published_messages)
    );
    const rate2 = seconds > 0 ? added / seconds : 0;
    published += rate2;
    expected += rate2 * info.subscribers;
    const trend = trends.get(info.channel) ?? { info, rates: [] };
    trend.info = info;
    trend.rates.push(rate2);
    trend.rates.splice(0, trend.rates.length - PLACES);
    trends.set(info.channel, trend);
  }
  const there = new Set(statistics.infos.map(({ channel }) => channel));
  for (const channel of [...trends.keys()].filter((channel2) => !there.has(channel2))) {
    trends.delete(channel);
  }
  if (seconds > 0) {
    const counted = delivered !== null && last?.delivered != null ? Math.max(0, delivered - last.delivered) / seconds : expected;
    const subscribers = statistics.infos.reduce((sum2, info) => sum2 + info.subscribers, 0);
    readings.push({ at, delivered: counted, published, subscribers, lag });
    readings.splice(0, readings.length - PLACES);
  }
  if (seconds > 0 && server !== null && last?.server) {
    const { published: published2, delivered: delivered2 } = last.server;
    flows.push({
      published: Math.max(0, server.published - published2) / seconds,
      delivered: Math.max(0, server.delivered - delivered2) / seconds
    });
    flows.splice(0, flows.length - PLACES);
  }
  last = { at, statistics, delivered, server };
  element("uptime").textContent = `up ${duration(statistics.uptime)}`;
}
function draw() {
  const now = readings.at(-1);
  if (now !== void 0) {
    tile("delivered", now.delivered, (reading) => reading.delivered);
    tile("published", now.published, (reading) => reading.published, "second");
    tile("subscribers", now.subscribers, (reading) => reading.subscribers);
  }
  drawLag();
  drawFlow();
  drawServer();
  drawTable();
}
function drawServer() {
  const server = last?.server ?? null;
  element("server").hidden = server === null;
  if (server === null) {
    return;
  }
  const { tcp, websocket, bosh } = server;
  const whole = (value) => new Intl.NumberFormat().format(value);
  element("server-connections").textContent = whole(tcp + websocket + bosh);
  element("server-carriers").textContent = `${whole(tcp)} TCP · ${whole(websocket)} WebSocket · ${whole(bosh)} BOSH`;
  element("server-nodes").textContent = whole(server.nodes);
  element("server-awaited").textContent = server.awaited > 0 ? `${whole(server.awaited)} awaited` : "none awaited";
  element("server-subscriptions").textContent = whole(server.subscriptions);
  element("server-items").textContent = whole(server.items);
  element("server-bytes").textContent = size(server.stored_bytes);
  const flow = flows.at(-1);
  for (const [name, kind] of [
    ["published", "second"],
    ["delivered", ""]
  ]) {
    const id = `server-${name}`;
    element(id).textContent = flow === void 0 ? "–" : rate(flow[name]);
    element(`${id}-total`).textContent = `${whole(server[name])} since the start`;
    const values = flows.map((flow2) => flow2[name]);
    spark(element(`${id}-spark`), values, kind);
  }
}
function rate(value) {
  return new Intl.NumberFormat(void 0, { maximumFractionDigits: value < 100 ? 1 : 0 }).format(value);
}
function size(bytes) {
  const [by2, unit] = bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : bytes >= 1e3 ? [1e3, "kB"] : [1, "bytes"];
  return `${rate(bytes / by2)} ${unit}`;
}
function tile(id, value, of, kind = "") {
  element(id).textContent = rate(value);
  spark(element(`${id}-spark`), readings.map(of), kind);
}
function spark(svg, values, kind) {
  svg.setAttribute("viewBox", "0 0 300 40");
  svg.setAttribute("preserveAspectRatio", "none");
  const most = Math.max(...values, 0) * 1.15 || 1;
  svg.replaceChildren(...curve(values, PLACES, { left: 0, top: 3, width: 300, height: 36, most }, kind));
}
function drawFlow() {
  const svg = element("flow");
  const { width, height } = sized(svg);
  const left = 44;
  const frame = { left, top: 10, width: Math.max(1, width - left), height: height - 34 };
  const most = round(Math.max(1, ...readings.flatMap(({ delivered, published }) => [delivered, published])));
  const grid = ticks(most).flatMap(([value, label]) => {
    const y = frame.top + frame.height * (1 - value / most);
    return [
      shape("line", { class: "grid", x1: left, x2: width, y1: y, y2: y }),
      shape("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, label)
    ];
  });
  const times = ["3 min", "2 min", "1 min", "now"].map((words, at) => {
    const anchor = at === 0 ? "start" : at === 3 ? "end" : "middle";
    return shape("text", { x: left + frame.width * at / 3, y: height - 6, "text-anchor": anchor }, words);
  });
  svg.replaceChildren(
    ...grid,
    ...times,
    ...curve(
      readings.map((reading) => reading.delivered),
      PLACES,
      { ...frame, most }
    ),
    ...curve(
      readings.map((reading) => reading.published),
      PLACES,
      { ...frame, most },
      "second"
    )
  );
}
function drawLag() {
  const [first, now] = [readings[0], readings.at(-1)];
  const passed = first === void 0 || now === void 0 ? [] : since(now.lag, first.lag);
  const [middle, high] = [quantile(passed, 0.5), quantile(passed, 0.99)];
  const figure = element("latency");
  figure.textContent = high === null ? "–" : "";
  if (high !== null) {
    const unit = document.createElement("small");
    unit.textContent = "ms";
    figure.append(milliseconds(high), unit);
  }
  const tails = readings.map(
    (reading, at) => quantile(since(reading.lag, readings[Math.max(0, at - 10)]?.lag ?? []), 0.99) ?? 0
  );
  spark(element("latency-spark"), tails, "");
  element("percentiles").textContent = middle === null || high === null ? "in the last three minutes" : `p50 ${milliseconds(middle)} ms · p99 ${milliseconds(high)} ms`;
  drawBars(apart(passed));
}
function drawBars(counts) {
  const svg = element("spread");
  const { width, height } = sized(svg);
  const from = counts.findIndex(([, count]) => count > 0);
  const to = counts.findLastIndex(([, count]) => count > 0);
  const shown = from < 0 ? [] : counts.slice(Math.max(0, from - 2), Math.max(to + 2, from + 6));
  const most = Math.max(1, ...shown.map(([, count]) => count));
  const step = width / Math.max(1, shown.length);
  const floor = height - 26;
  const every = Math.ceil(shown.length / Math.max(1, Math.floor(width / 60)));
  const bars = shown.flatMap(([bound, count], at) => {
    const high = count / most * (floor - 12);
    const middle = at * step + step / 2;
    const bar = {
      class: bound > SLOW ? "bar-of slow" : "bar-of",
      x: at * step + 2,
      y: floor - high,
      width: Math.max(1, step - 4),
      height: high,
      rx: 3
    };
    const words2 = Number.isFinite(bound) ? `${milliseconds(bound)} ms` : "more";
    const label = at % every === 0 ? [shape("text", { x: middle, y: height - 6, "text-anchor": "middle" }, words2)] : [];
    return [shape("rect", bar), ...label];
  });
  const line = shape("line", { class: "grid", x1: 0, x2: width, y1: floor, y2: floor });
  const words = { x: width / 2, y: floor / 2 + 4, "text-anchor": "middle" };
  svg.replaceChildren(
    ...bars,
    line,
    ...shown.length > 0 ? [] : [shape("text", words, "Nothing was published over HTTP")]
  );
}
function drawTable() {
  const wanted = filter.value.trim().toLocaleLowerCase();
  const chosen = [...trends.values()].filter(({ info }) => info.channel.toLocaleLowerCase().includes(wanted));
  chosen.sort((one, two) => (isRising ? 1 : -1) * compare(one, two));
  const known = new Map([...rows.rows].map((row) => [row.dataset.channel, row]));
  rows.replaceChildren(
    ...chosen.slice(0, 200).map((trend) => fill(known.get(trend.info.channel) ?? make(trend.info.channel), trend))
  );
  element("none").hidden = chosen.length > 0;
}
function compare(one, two) {
  const number = {
    channel: 0,
    rate: average(one) - average(two),
    published: one.info.published_messages - two.info.published_messages,
    stored: one.info.stored_messages - two.info.stored_messages,
    subscribers: one.info.subscribers - two.info.subscribers
  }[by];
  return number || (by === "channel" ? 1 : -1) * one.info.channel.localeCompare(two.info.channel);
}
function make(channel) {
  const row = document.createElement("tr");
  row.dataset.channel = channel;
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = channel;
  head.title = channel;
  const trend = document.createElement("td");
  trend.className = "trend";
  const svg = shape("svg", { "aria-hidden": "true" });
  trend.append(svg);
  row.append(head, trend, ...[0, 1, 2, 3].map(() => document.createElement("td")));
  return row;
}
function fill(row, trend) {
  const svg = row.querySelector("svg");
  if (svg !== null) {
    spark(svg, trend.rates, "");
  }
  const rate2 = average(trend);
  const numbers = [rate2, trend.info.published_messages, trend.info.stored_messages, trend.info.subscribers];
  numbers.forEach((number, at) => {
    const cell = row.cells[at + 2];
    if (cell !== void 0) {
      cell.textContent = new Intl.NumberFormat(void 0, { maximumFractionDigits: at === 0 ? 1 : 0 }).format(
        number
      );
      cell.classList.toggle("quiet", number === 0);
    }
  });
  return row;
}
function average({ rates }) {
  const recent = rates.slice(-5);
  return recent.reduce((sum2, rate2) => sum2 + rate2, 0) / Math.max(1, recent.length);
}
function sortBy(button) {
  const wanted = button.dataset.by;
  isRising = wanted === by ? !isRising : wanted === "channel";
  by = wanted;
  for (const head of document.querySelectorAll("thead th[aria-sort]")) {
    const isIt = head.contains(button);
    head.setAttribute("aria-sort", isIt ? isRising ? "ascending" : "descending" : "none");
  }
  drawTable();
}
function say(state, words, title = "") {
  pill.dataset.state = state;
  pill.title = title;
  if (pill.textContent !== words) {
    pill.textContent = words;
  }
}
function sized(svg) {
  const { width, height } = svg.getBoundingClientRect();
  svg.setAttribute("viewBox", `0 0 ${Math.max(1, width)} ${Math.max(1, height)}`);
  return { width, height };
}
function milliseconds(seconds) {
  const value = seconds * 1e3;
  return value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, "");
}
function duration(seconds) {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60
  ];
  if (days > 0) {
    return `${days} d ${hours} h`;
  }
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
