// Built from page.ts by `npm run build` in web/.

// ../examples/status_wall/page.ts
import { PubSubClient } from "/pubsub.js";

// pages/element.ts
function element(id) {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}

// pages/face.ts
function initials(name) {
  const words = name.trim().split(/[\s._-]+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word ?? ""][0] ?? "");
  return letters.join("").toLocaleUpperCase();
}
function hue(name) {
  let sum = 0;
  for (const character of name) {
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 360;
  }
  return sum;
}
function show(face, name) {
  face.textContent = initials(name) || "?";
  face.style.setProperty("--hue", String(hue(name)));
}

// pages/moment.ts
var STEPS = [
  ["day", 864e5],
  ["hour", 36e5],
  ["minute", 6e4]
];
var relative = new Intl.RelativeTimeFormat(void 0, { numeric: "auto", style: "short" });
var whole = new Intl.DateTimeFormat(void 0, { dateStyle: "medium", timeStyle: "short" });
var clock = new Intl.DateTimeFormat(void 0, { timeStyle: "short" });
var date = new Intl.DateTimeFormat(void 0, { weekday: "long", day: "numeric", month: "long" });
function ago(then, now = /* @__PURE__ */ new Date()) {
  const passed = now.getTime() - then.getTime();
  if (passed < 6e4) {
    return "just now";
  }
  if (passed > 7 * 864e5) {
    return whole.format(then);
  }
  const [unit, size] = STEPS.find(([, size2]) => passed >= size2) ?? ["minute", 6e4];
  return relative.format(-Math.floor(passed / size), unit);
}
function show2(element2, then, words = ago) {
  element2.dateTime = then.toISOString();
  element2.title = whole.format(then);
  element2.textContent = words(then);
}
function keepUp(root, words = ago) {
  setInterval(() => {
    for (const element2 of root.querySelectorAll("time")) {
      element2.textContent = words(new Date(element2.dateTime));
    }
  }, 3e4);
}

// pages/state.ts
var WAYS = {
  websocket: "WebSocket",
  bosh: "BOSH",
  eventsource: "event stream",
  stream: "stream",
  longpoll: "long polling"
};
var last = null;
window.addEventListener("offline", () => last?.());
window.addEventListener("online", () => last?.());
function show3(pill, status) {
  last = () => draw(pill, status);
  last();
}
function draw(pill, status) {
  const [state, words, title2] = navigator.onLine ? describe(status) : ["wrong", "Offline", "there is no network"];
  if (pill.textContent !== words) {
    pill.textContent = words;
  }
  pill.dataset.state = state;
  pill.title = title2;
}
function describe(status) {
  switch (status.kind) {
    case "live":
      return ["live", "Live", ""];
    case "open":
      return ["live", "Live", `over ${WAYS[status.transport]}`];
    case "connected":
      return ["waiting", "Connecting", `over ${WAYS[status.road]}`];
    case "connecting":
      return ["waiting", "Connecting", ""];
    case "waiting":
      return ["waiting", "Reconnecting", status.reason];
    case "refused":
      return ["wrong", "Refused", status.reason];
    case "closed":
    case "disconnected":
      return ["wrong", "Offline", ""];
  }
}

// ../examples/status_wall/page.ts
var MOST = 50;
var wall = element("statuses");
var form = element("form");
var problem = element("problem");
var left = element("left");
var text = form.elements.namedItem("text");
var title = document.title;
var { domain, node, position } = document.body.dataset;
var pubsub = new PubSubClient({
  ...domain ? { domain } : {},
  ...node ? { node } : {},
  // Where the rows in this page end: what was saved since then comes first.
  ...position ? { lastEventId: position } : {},
  event_cb: (entry) => put(entry)
});
pubsub.on("delete", (id) => row(id)?.remove());
pubsub.on("reset", () => void readAnew());
pubsub.on("status", (status) => show3(element("state"), status));
pubsub.on("unread", (unread) => {
  document.title = unread > 0 ? `[${unread}] ${title}` : title;
});
Object.assign(globalThis, { pubsub });
for (const status of wall.querySelectorAll(".entry")) {
  dress(status);
}
keepUp(wall);
window.addEventListener("blur", () => {
  for (const status of wall.querySelectorAll(".unread")) {
    status.classList.remove("unread");
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void post();
});
text.addEventListener("input", count);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    form.requestSubmit();
  }
});
count();
function put(entry) {
  const fresh = make(entry);
  const there = row(entry.id);
  if (there) {
    there.replaceWith(fresh);
    return;
  }
  fresh.classList.add("fresh");
  fresh.classList.toggle("unread", !pubsub.focus);
  wall.prepend(fresh);
  for (const old of [...wall.children].slice(MOST)) {
    old.remove();
  }
}
function make(entry) {
  const status = document.createElement("li");
  status.className = "entry";
  status.dataset.id = entry.id;
  const by = document.createElement("p");
  by.className = "by";
  const author = document.createElement("strong");
  author.textContent = entry.field("author") ?? "";
  const time = document.createElement("time");
  time.dateTime = entry.field("posted") ?? (/* @__PURE__ */ new Date()).toISOString();
  by.append(author, time);
  const words = document.createElement("p");
  words.className = "text";
  words.textContent = entry.field("text") ?? "";
  const picture = document.createElement("span");
  picture.className = "face";
  picture.setAttribute("aria-hidden", "true");
  status.append(picture, by, words);
  dress(status);
  return status;
}
function dress(status) {
  const picture = status.querySelector(".face");
  const time = status.querySelector("time");
  if (picture) {
    show(picture, status.querySelector("strong")?.textContent ?? "");
  }
  if (time) {
    show2(time, new Date(time.dateTime));
  }
}
async function readAnew() {
  const response = await fetch("/", { cache: "no-store" });
  if (!response.ok) {
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const rows = [...page.querySelectorAll("#statuses > .entry")];
  for (const status of rows) {
    dress(status);
  }
  wall.replaceChildren(...rows);
}
async function post() {
  const button = form.querySelector("button");
  problem.hidden = true;
  button?.setAttribute("disabled", "");
  try {
    const body = new URLSearchParams(new FormData(form));
    const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!response.ok) {
      throw new Error(await response.text() || `The server answered ${response.status}.`);
    }
    text.value = "";
    count();
    text.focus();
  } catch (error) {
    problem.textContent = error instanceof TypeError ? "The server cannot be reached." : error.message;
    problem.hidden = false;
  } finally {
    button?.removeAttribute("disabled");
  }
}
function count() {
  const rest = text.maxLength - text.value.length;
  left.textContent = `${rest} left`;
  left.classList.toggle("tight", rest < 20);
}
function row(id) {
  return [...wall.children].find((child) => child.dataset.id === id);
}
