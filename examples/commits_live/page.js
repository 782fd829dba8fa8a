// Built from page.ts by `npm run build` in web/.

// ../examples/commits_live/page.ts
import { PushClient } from "/pubsub.js";

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
  const words2 = name.trim().split(/[\s._-]+/);
  const letters = [words2[0], words2.length > 1 ? words2.at(-1) : ""].map((word) => [...word ?? ""][0] ?? "");
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
function atClock(then) {
  return clock.format(then);
}
function day(then, now = /* @__PURE__ */ new Date()) {
  const midnight = (of) => new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(then)) / 864e5);
  const words2 = days <= 1 ? new Intl.RelativeTimeFormat(void 0, { numeric: "auto" }).format(-days, "day") : date.format(then);
  return words2.charAt(0).toLocaleUpperCase() + words2.slice(1);
}
function show2(element2, then, words2 = ago) {
  element2.dateTime = then.toISOString();
  element2.title = whole.format(then);
  element2.textContent = words2(then);
}
function keepUp(root, words2 = ago) {
  setInterval(() => {
    for (const element2 of root.querySelectorAll("time")) {
      element2.textContent = words2(new Date(element2.dateTime));
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
  const [state, words2, title2] = navigator.onLine ? describe(status) : ["wrong", "Offline", "there is no network"];
  if (pill.textContent !== words2) {
    pill.textContent = words2;
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

// ../examples/commits_live/page.ts
var feed = element("feed");
var template = element("row");
var problem = element("problem");
var newer = element("newer");
var more = element("more");
var form = element("push");
var address = new URLSearchParams(location.search);
var user = address.get("user");
var project = address.get("project");
var channel = project ? `project-${project}` : user ? `user-${user}` : "global";
var push = new PushClient();
var live = push.live("commit", channel, {
  query: { limit: 20, user, project },
  compare: (one, two) => two.timestamp.localeCompare(one.timestamp) || Number(two.id) - Number(one.id)
});
var rows = /* @__PURE__ */ new Map();
var known = /* @__PURE__ */ new Set();
var since = 0;
var unseen = 0;
Object.assign(globalThis, { push, live });
live.on("change", draw2);
live.on("row", (commit, effect) => {
  if (effect === "added") {
    since += 1;
    unseen = isAtTop() ? 0 : unseen + 1;
    announce();
    greet(commit);
  }
});
live.on("status", (status) => show3(element("state"), status));
live.on("error", (error) => {
  problem.textContent = error.message;
  problem.hidden = false;
});
element("command").textContent = `curl --json \\
  @examples/commits_live/push.json \\
  ${location.origin}/hooks/github`;
bones(6);
title();
void choices();
keepUp(feed, words);
newer.addEventListener("click", () => {
  window.scrollTo({ top: 0, behavior: "smooth" });
  feed.querySelector(".commit a")?.focus({ preventScroll: true });
});
window.addEventListener(
  "scroll",
  () => {
    if (isAtTop() && unseen > 0) {
      unseen = 0;
      announce();
    }
  },
  { passive: true }
);
more.addEventListener("click", () => void readMore());
var nearEnd = new IntersectionObserver(
  (entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      void readMore();
    }
  },
  { rootMargin: "600px" }
);
nearEnd.observe(more);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void pushSomething();
});
function draw2(commits) {
  feed.setAttribute("aria-busy", "false");
  problem.hidden = true;
  const isFirst = rows.size === 0;
  const kept = new Set(commits.map(({ id }) => id));
  for (const id of [...rows.keys()].filter((id2) => !kept.has(id2))) {
    rows.delete(id);
  }
  const wanted = [];
  let today = "";
  for (const commit of commits) {
    const when = day(new Date(commit.timestamp));
    if (when !== today) {
      today = when;
      wanted.push(heading(when));
    }
    const there = rows.get(commit.id);
    if (there?.commit === commit) {
      wanted.push(there.row);
      continue;
    }
    const row = make(commit);
    row.classList.toggle("fresh", !isFirst && there === void 0 && wanted.length < 3);
    rows.set(commit.id, { commit, row });
    wanted.push(row);
  }
  arrange(wanted);
  element("total").textContent = new Intl.NumberFormat().format(live.total);
  more.hidden = !live.hasMore;
  element("end").hidden = live.hasMore || commits.length === 0;
  element("none").hidden = commits.length > 0;
}
function arrange(wanted) {
  let at = feed.firstElementChild;
  for (const item of wanted) {
    if (at?.className === "day label" && item.className === at.className && at.textContent === item.textContent) {
      at = at.nextElementSibling;
    } else if (at === item) {
      at = at.nextElementSibling;
    } else {
      feed.insertBefore(item, at);
    }
  }
  while (at !== null) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}
function make(commit) {
  const row = template.content.cloneNode(true).querySelector("li");
  if (row === null) {
    throw new Error("the template of a row is empty");
  }
  const part = (selector) => row.querySelector(selector);
  row.dataset.id = String(commit.id);
  const name = commit.author || commit.username || "";
  const picture = part(".face");
  if (picture) {
    show(picture, name);
  }
  write(part(".message"), commit.message);
  write(part(".who"), name);
  write(part(".where"), commit.project_name ?? "no project");
  write(part(".hash"), commit.hash.slice(0, 7));
  link(part(".who"), idOf(commit.user, "user"));
  link(part(".where"), idOf(commit.project, "project"));
  link(part(".hash"), safe(commit.url));
  part(".hash")?.setAttribute("aria-label", `Commit ${commit.hash.slice(0, 7)}`);
  const time = part("time");
  if (time) {
    show2(time, new Date(commit.timestamp), words);
  }
  return row;
}
function words(then) {
  return Date.now() - then.getTime() < 12 * 36e5 ? ago(then) : atClock(then);
}
function heading(words2) {
  const heading2 = document.createElement("li");
  heading2.className = "day label";
  heading2.textContent = words2;
  return heading2;
}
function idOf(uri, kind) {
  const id = /\/([^/]+)\/$/.exec(uri ?? "")?.[1];
  return id === void 0 ? null : `/?${kind}=${encodeURIComponent(id)}`;
}
function safe(url) {
  return /^https?:\/\//i.test(url) ? url : null;
}
function link(anchor, href) {
  if (anchor && href) {
    anchor.href = href;
  }
}
function write(element2, words2) {
  if (element2) {
    element2.textContent = words2;
  }
}
function bones(count) {
  for (let at = 0; at < count; at += 1) {
    const bone = document.createElement("li");
    bone.className = "bone";
    bone.setAttribute("aria-hidden", "true");
    feed.append(bone);
  }
}
function announce() {
  element("since").textContent = String(since);
  newer.hidden = unseen === 0;
  newer.textContent = unseen === 1 ? "1 new commit" : `${unseen} new commits`;
}
function isAtTop() {
  return window.scrollY < 120;
}
async function readMore() {
  if (!live.hasMore) {
    return;
  }
  more.disabled = true;
  try {
    await live.more();
    nearEnd.unobserve(more);
    nearEnd.observe(more);
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  } finally {
    more.disabled = false;
  }
}
async function choices() {
  const [users, projects] = await Promise.all([
    push.list("user", { limit: 8 }).catch(() => null),
    push.list("project", { limit: 8 }).catch(() => null)
  ]);
  const list = element("choices");
  const choose = (words2, kind, href, isCurrent) => {
    const anchor = document.createElement("a");
    anchor.href = href;
    anchor.append(words2);
    if (kind) {
      const sort = document.createElement("span");
      sort.className = "sort";
      sort.textContent = kind;
      anchor.append(" ", sort);
    }
    if (isCurrent) {
      anchor.setAttribute("aria-current", "page");
    }
    const item = document.createElement("li");
    item.append(anchor);
    list.append(item);
  };
  list.replaceChildren();
  choose("Everybody", "", "/", !user && !project);
  for (const { resource_uri: uri } of [...users?.objects ?? [], ...projects?.objects ?? []]) {
    known.add(uri);
  }
  for (const { id, name } of users?.objects ?? []) {
    choose(name, "user", `/?user=${id}`, String(id) === user);
  }
  for (const { id, name } of projects?.objects ?? []) {
    choose(name, "project", `/?project=${id}`, String(id) === project);
  }
}
function greet({ user: user2, project: project2 }) {
  const strangers = [user2, project2].filter((uri) => uri !== null && !known.has(uri));
  if (strangers.length > 0) {
    for (const uri of strangers) {
      known.add(uri);
    }
    void choices();
  }
}
function title() {
  if (!user && !project) {
    return;
  }
  element("kind").textContent = project ? "Project" : "User";
  element("title").textContent = "…";
  element("lead").textContent = project ? "Whoever pushes to it." : "Wherever they are pushed.";
  const resource = project ? "project" : "user";
  push.list(resource, { id: project ?? user }).then(({ objects: [named] }) => {
    element("title").textContent = named?.name ?? `Nobody knows ${resource} ${project ?? user}`;
    document.title = `${named?.name ?? "Nobody"} · Commits, live`;
  }).catch((error) => {
    element("title").textContent = error.message;
  });
}
async function pushSomething() {
  const input = form.elements.namedItem("message");
  const id = [...crypto.getRandomValues(new Uint8Array(20))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const repository = {
    name: "sandbox",
    full_name: "somebody/sandbox",
    html_url: "https://example.org/somebody/sandbox"
  };
  const author = { name: "You", username: "you", email: "you@example.org" };
  const commit = {
    id,
    message: input.value,
    timestamp: (/* @__PURE__ */ new Date()).toISOString(),
    url: `${repository.html_url}/commit/${id}`,
    author,
    committer: author,
    added: [],
    removed: [],
    modified: ["README.md"]
  };
  const body = JSON.stringify({
    ref: "refs/heads/main",
    before: "",
    after: id,
    repository,
    pusher: author,
    commits: [commit]
  });
  const headers = { "Content-Type": "application/json", "X-GitHub-Event": "push" };
  const response = await fetch("/hooks/github", { method: "POST", headers, body }).catch(() => null);
  if (response?.ok) {
    input.value = "";
    return;
  }
  problem.textContent = response === null ? "The server cannot be reached." : await response.text();
  problem.hidden = false;
}
