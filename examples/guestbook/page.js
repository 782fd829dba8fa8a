// Built from page.ts by `npm run build` in web/.

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

// ../examples/guestbook/xmpp.ts
var RefusedError = class extends Error {
  constructor(condition, words) {
    super(words);
    this.condition = condition;
  }
  condition;
};
var FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
var SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
var MUC = "http://jabber.org/protocol/muc";
var Conversation = class {
  #socket;
  #answers = /* @__PURE__ */ new Map();
  #domain;
  #told = null;
  #room = "";
  #next = null;
  #fail = null;
  #count = 0;
  constructor(url, domain2) {
    this.#domain = domain2;
    this.#socket = new WebSocket(url, "xmpp");
    this.#socket.addEventListener("message", (event) => this.#hear(parse(String(event.data))));
    this.#socket.addEventListener("close", () => this.#end("the connection was lost"));
  }
  /** Makes an account, if there is none of that name yet (XEP-0077). */
  async register(name, password) {
    await this.#open();
    const query = `<query xmlns="jabber:iq:register"><username>${xml(name)}</username><password>${xml(password)}</password></query>`;
    await this.#request("set", this.#domain, query);
  }
  /** Logs in, on a connection of its own. */
  async logIn(name, password) {
    await this.#open();
    const bytes = new TextEncoder().encode(`\0${name}\0${password}`);
    const secret = btoa(String.fromCharCode(...bytes));
    const answer = await this.#exchange(`<auth xmlns="${SASL}" mechanism="PLAIN">${secret}</auth>`);
    if (answer.localName !== "success") {
      throw new RefusedError("not-authorized", "There is somebody of that name, with another password.");
    }
    await this.#open();
    await this.#request("set", null, '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>');
  }
  /** Enters a room (XEP-0045 §7.2); from now on `told` hears of it. */
  enter(room2, nick, told) {
    this.#told = told;
    this.#room = room2;
    this.#send(
      `<presence xmlns="jabber:client" to="${xml(`${room2}/${nick}`)}"><x xmlns="${MUC}"><history maxstanzas="50"/></x></presence>`
    );
  }
  close() {
    this.#told = null;
    this.#socket.close();
  }
  async #open() {
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve, reject) => {
        this.#fail = reject;
        this.#socket.addEventListener("open", () => resolve());
      });
    }
    await this.#exchange(`<open xmlns="${FRAMING}" to="${xml(this.#domain)}" version="1.0"/>`);
    await this.#heard();
  }
  /** What comes next that is no stanza. */
  #heard() {
    return new Promise((resolve, reject) => {
      this.#next = resolve;
      this.#fail = reject;
    });
  }
  #exchange(text) {
    const answer = this.#heard();
    this.#send(text);
    return answer;
  }
  #request(type, to, content) {
    this.#count += 1;
    const id = `q${this.#count}`;
    const address = to === null ? "" : ` to="${xml(to)}"`;
    this.#send(`<iq xmlns="jabber:client" type="${type}" id="${id}"${address}>${content}</iq>`);
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#answers.set(id, (answer) => {
        if (answer.getAttribute("type") === "result") {
          resolve(answer);
        } else {
          reject(refusal(answer));
        }
      });
    });
  }
  #send(text) {
    this.#socket.send(text);
  }
  #hear(element2) {
    const from = element2.getAttribute("from") ?? "";
    const id = element2.getAttribute("id") ?? "";
    const type = element2.getAttribute("type");
    if (element2.localName === "iq") {
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      answer?.(element2);
      if (type === "get") {
        this.#send(`<iq xmlns="jabber:client" type="result" id="${xml(id)}" to="${xml(from)}"/>`);
      }
    } else if (element2.localName === "message" || element2.localName === "presence") {
      this.#inRoom(element2, from, type);
    } else if (element2.localName === "close" || element2.localName === "error") {
      this.#end("the server closed the connection");
    } else {
      const next = this.#next;
      this.#next = null;
      next?.(element2);
    }
  }
  #inRoom(element2, from, type) {
    const [room2, ...rest] = from.split("/");
    if (room2 !== this.#room) {
      return;
    }
    const nick = rest.join("/");
    if (type === "error") {
      this.#end(refusal(element2).message);
    } else if (element2.localName === "presence") {
      this.#told?.presence(nick, type !== "unavailable");
    } else if (type === "groupchat") {
      this.#told?.message(nick, element2);
    }
  }
  #end(reason) {
    const told = this.#told;
    this.#told = null;
    this.#fail?.(new RefusedError("disconnected", reason));
    told?.over(reason);
    this.#socket.close();
  }
};
function parse(text) {
  return new DOMParser().parseFromString(text, "text/xml").documentElement;
}
function refusal(answer) {
  const error = [...answer.children].find((child) => child.localName === "error");
  const words = [...error?.children ?? []].find((child) => child.localName === "text");
  const condition = error?.firstElementChild?.localName ?? "undefined-condition";
  return new RefusedError(condition, words?.textContent ?? condition);
}
function xml(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}

// ../examples/guestbook/page.ts
var AGAIN = 2e3;
var MOST = 50;
var entrance = element("enter");
var book = element("signatures");
var sign = element("sign");
var people = element("people");
var pill = element("state");
var { domain = "", room = "" } = document.body.dataset;
var door = new URL("/xmpp-websocket", location.href);
door.protocol = location.protocol === "https:" ? "wss:" : "ws:";
keepUp(book);
show3("waiting", "Not in the room");
entrance.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(entrance, async () => {
    const name = value(entrance, "name").trim();
    const user = account(name);
    const password = value(entrance, "password");
    show3("waiting", "Connecting");
    await register(user, password);
    await join(name, user, password);
    entrance.hidden = true;
    sign.hidden = false;
    element("company").hidden = false;
    element("hint").textContent = "The first row is yours.";
    control(sign, "author").value = name;
    control(sign, "text").focus();
  }).then((isDone) => {
    if (!isDone) {
      show3("waiting", "Not in the room");
    }
  });
});
sign.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(sign, async () => {
    const body = new URLSearchParams(new FormData(sign));
    const response = await fetch(sign.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!response.ok) {
      throw new Error(await response.text() || `The server answered ${response.status}.`);
    }
    control(sign, "text").value = "";
    control(sign, "text").focus();
  });
});
async function register(user, password) {
  const conversation = new Conversation(door.href, domain);
  try {
    await conversation.register(user, password);
  } catch (error) {
    if (!(error instanceof RefusedError && error.condition === "conflict")) {
      throw error;
    }
  } finally {
    conversation.close();
  }
}
async function join(name, user, password) {
  const conversation = new Conversation(door.href, domain);
  await conversation.logIn(user, password);
  people.replaceChildren();
  conversation.enter(room, name, {
    message: (nick, message) => hear(nick, message),
    presence: (nick, isHere) => {
      meet(nick, isHere);
      if (nick === name && isHere) {
        show3("live", "In the room");
      }
    },
    over: (reason) => {
      show3("waiting", "Reconnecting", reason);
      setTimeout(
        () => void join(name, user, password).catch((error) => show3("wrong", "Offline", String(error))),
        AGAIN
      );
    }
  });
}
function hear(nick, message) {
  const json = message.getElementsByTagNameNS("urn:xmpp:json:0", "json")[0];
  if (nick !== "" || !json) {
    return;
  }
  const row = JSON.parse(json.textContent ?? "");
  if ([...book.children].some((there) => there.dataset.id === row.id)) {
    return;
  }
  book.prepend(make(row));
  for (const old of [...book.children].slice(MOST)) {
    old.remove();
  }
}
function make({ id, author, text, signed }) {
  const signature = document.createElement("li");
  signature.className = "entry fresh";
  signature.dataset.id = id;
  const picture = document.createElement("span");
  picture.className = "face";
  picture.setAttribute("aria-hidden", "true");
  show(picture, author);
  const by = document.createElement("p");
  by.className = "by";
  const name = document.createElement("strong");
  name.textContent = author;
  const time = document.createElement("time");
  const at = new Date(signed);
  time.dateTime = at.toISOString();
  show2(time, at);
  by.append(name, time);
  const words = document.createElement("p");
  words.className = "text";
  words.textContent = text;
  signature.append(picture, by, words);
  return signature;
}
function meet(nick, isHere) {
  const there = [...people.children].find((child) => child.textContent === nick);
  if (!isHere) {
    there?.remove();
  } else if (!there) {
    const person = document.createElement("li");
    person.textContent = nick;
    people.append(person);
  }
}
async function attempt(form, work) {
  const button = form.querySelector("button");
  const problem = form.querySelector(".problem");
  problem?.setAttribute("hidden", "");
  button?.setAttribute("disabled", "");
  try {
    await work();
    return true;
  } catch (error) {
    if (problem) {
      problem.textContent = error instanceof TypeError ? "The server cannot be reached." : error.message;
      problem.hidden = false;
    }
    return false;
  } finally {
    button?.removeAttribute("disabled");
  }
}
function account(name) {
  return name.toLowerCase().replace(/[\s"&'/:<>@]+/g, ".");
}
function show3(state, words, title = "") {
  pill.dataset.state = state;
  pill.textContent = words;
  pill.title = title;
}
function control(form, name) {
  return form.elements.namedItem(name);
}
function value(form, name) {
  return control(form, name).value;
}
