/**
 * The guestbook in the browser: makes an account, enters the room, and shows what the room says. Signing saves a row on the server; it comes
 * back as a message of the room, here and on every other open page.
 */

import { element } from '../../web/pages/element.js';
import * as face from '../../web/pages/face.js';
import * as moment from '../../web/pages/moment.js';
import { Conversation, RefusedError } from './xmpp.js';

interface Row {
    readonly id: string;
    readonly author: string;
    readonly text: string;
    readonly signed: number;
}

/** After how long one that was cut off comes again, in milliseconds. */
const AGAIN = 2_000;
const MOST = 50;

const entrance = element<HTMLFormElement>('enter');
const book = element<HTMLOListElement>('signatures');
const sign = element<HTMLFormElement>('sign');
const people = element<HTMLUListElement>('people');
const pill = element('state');
const { domain = '', room = '' } = document.body.dataset;
const door = new URL('/xmpp-websocket', location.href);
door.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';

moment.keepUp(book);
show('waiting', 'Not in the room');

entrance.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(entrance, async () => {
        const name = value(entrance, 'name').trim();
        const user = account(name);
        const password = value(entrance, 'password');
        show('waiting', 'Connecting');
        await register(user, password);
        await join(name, user, password);
        entrance.hidden = true;
        sign.hidden = false;
        element('company').hidden = false;
        element('hint').textContent = 'The first row is yours.';
        control(sign, 'author').value = name;
        control(sign, 'text').focus();
    }).then((isDone) => {
        if (!isDone) {
            show('waiting', 'Not in the room');
        }
    });
});

sign.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(sign, async () => {
        const body = new URLSearchParams(new FormData(sign) as unknown as Record<string, string>);
        const response = await fetch(sign.action, { method: 'POST', body, headers: { Accept: 'application/json' } });
        if (!response.ok) {
            throw new Error((await response.text()) || `The server answered ${response.status}.`);
        }
        control(sign, 'text').value = '';
        control(sign, 'text').focus();
    });
});

/** Makes the account. One that is there already is logged in to. */
async function register(user: string, password: string): Promise<void> {
    const conversation = new Conversation(door.href, domain);
    try {
        await conversation.register(user, password);
    } catch (error) {
        if (!(error instanceof RefusedError && error.condition === 'conflict')) {
            throw error;
        }
    } finally {
        conversation.close();
    }
}

async function join(name: string, user: string, password: string): Promise<void> {
    const conversation = new Conversation(door.href, domain);
    await conversation.logIn(user, password);
    people.replaceChildren();
    conversation.enter(room, name, {
        message: (nick, message) => hear(nick, message),
        presence: (nick, isHere) => {
            meet(nick, isHere);
            if (nick === name && isHere) {
                show('live', 'In the room');
            }
        },
        over: (reason) => {
            show('waiting', 'Reconnecting', reason);
            setTimeout(
                () => void join(name, user, password).catch((error) => show('wrong', 'Offline', String(error))),
                AGAIN,
            );
        },
    });
}

/** What the room itself says is what is in the book. */
function hear(nick: string, message: Element): void {
    const json = message.getElementsByTagNameNS('urn:xmpp:json:0', 'json')[0];
    if (nick !== '' || !json) {
        return;
    }
    const row = JSON.parse(json.textContent ?? '') as Row;
    if ([...book.children].some((there) => (there as HTMLElement).dataset.id === row.id)) {
        return;
    }
    book.prepend(make(row));
    for (const old of [...book.children].slice(MOST)) {
        old.remove();
    }
}

function make({ id, author, text, signed }: Row): HTMLLIElement {
    const signature = document.createElement('li');
    signature.className = 'entry fresh';
    signature.dataset.id = id;
    const picture = document.createElement('span');
    picture.className = 'face';
    picture.setAttribute('aria-hidden', 'true');
    face.show(picture, author);
    const by = document.createElement('p');
    by.className = 'by';
    const name = document.createElement('strong');
    name.textContent = author;
    const time = document.createElement('time');
    const at = new Date(signed);
    time.dateTime = at.toISOString();
    moment.show(time, at);
    by.append(name, time);
    const words = document.createElement('p');
    words.className = 'text';
    words.textContent = text;
    signature.append(picture, by, words);
    return signature;
}

function meet(nick: string, isHere: boolean): void {
    const there = [...people.children].find((child) => child.textContent === nick);
    if (!isHere) {
        there?.remove();
    } else if (!there) {
        const person = document.createElement('li');
        person.textContent = nick;
        people.append(person);
    }
}

/** Does something for a form; what goes wrong is said there. Returns whether it was done. */
async function attempt(form: HTMLFormElement, work: () => Promise<void>): Promise<boolean> {
    const button = form.querySelector('button');
    const problem = form.querySelector<HTMLElement>('.problem');
    problem?.setAttribute('hidden', '');
    button?.setAttribute('disabled', '');
    try {
        await work();
        return true;
    } catch (error) {
        if (problem) {
            problem.textContent =
                error instanceof TypeError ? 'The server cannot be reached.' : (error as Error).message;
            problem.hidden = false;
        }
        return false;
    } finally {
        button?.removeAttribute('disabled');
    }
}

/** The user name for a name: what an address can carry of it. */
function account(name: string): string {
    return name.toLowerCase().replace(/[\s"&'/:<>@]+/g, '.');
}

function show(state: string, words: string, title = ''): void {
    pill.dataset.state = state;
    pill.textContent = words;
    pill.title = title;
}

function control(form: HTMLFormElement, name: string): HTMLInputElement {
    return form.elements.namedItem(name) as HTMLInputElement;
}

function value(form: HTMLFormElement, name: string): string {
    return control(form, name).value;
}
