/**
 * The wall in the browser: what is saved anywhere appears here, the title counts what nobody has looked at, the form posts without
 * leaving the page. Without this script it is a page with a form, and works.
 */

import { type Entry, PubSubClient } from '/pubsub.js';
import { element } from '../../web/pages/element.js';
import * as face from '../../web/pages/face.js';
import * as moment from '../../web/pages/moment.js';
import * as state from '../../web/pages/state.js';

/** As many as the server shows. */
const MOST = 50;

const wall = element<HTMLOListElement>('statuses');
const form = element<HTMLFormElement>('form');
const problem = element('problem');
const left = element<HTMLOutputElement>('left');
const text = form.elements.namedItem('text') as HTMLTextAreaElement;
const title = document.title;
const { domain, node, position } = document.body.dataset;

const pubsub = new PubSubClient({
    ...(domain ? { domain } : {}),
    ...(node ? { node } : {}),
    // Where the rows in this page end: what was saved since then comes first.
    ...(position ? { lastEventId: position } : {}),
    event_cb: (entry) => put(entry),
});
pubsub.on('delete', (id) => row(id)?.remove());
pubsub.on('reset', () => void readAnew());
pubsub.on('status', (status) => state.show(element('state'), status));
pubsub.on('unread', (unread) => {
    document.title = unread > 0 ? `[${unread}] ${title}` : title;
});
// For whoever looks at this page from a console, and for tests.
Object.assign(globalThis, { pubsub });

for (const status of wall.querySelectorAll<HTMLElement>('.entry')) {
    dress(status);
}
moment.keepUp(wall);

window.addEventListener('blur', () => {
    for (const status of wall.querySelectorAll('.unread')) {
        status.classList.remove('unread');
    }
});

form.addEventListener('submit', (event) => {
    event.preventDefault();
    void post();
});
text.addEventListener('input', count);
text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        form.requestSubmit();
    }
});
count();

/** Shows a status that was saved: in its place if it is there, else at the top. */
function put(entry: Entry): void {
    const fresh = make(entry);
    const there = row(entry.id);
    if (there) {
        there.replaceWith(fresh);
        return;
    }
    fresh.classList.add('fresh');
    fresh.classList.toggle('unread', !pubsub.focus);
    wall.prepend(fresh);
    for (const old of [...wall.children].slice(MOST)) {
        old.remove();
    }
}

function make(entry: Entry): HTMLLIElement {
    const status = document.createElement('li');
    status.className = 'entry';
    status.dataset.id = entry.id;
    const by = document.createElement('p');
    by.className = 'by';
    const author = document.createElement('strong');
    author.textContent = entry.field('author') ?? '';
    const time = document.createElement('time');
    time.dateTime = entry.field('posted') ?? new Date().toISOString();
    by.append(author, time);
    const words = document.createElement('p');
    words.className = 'text';
    words.textContent = entry.field('text') ?? '';
    const picture = document.createElement('span');
    picture.className = 'face';
    picture.setAttribute('aria-hidden', 'true');
    status.append(picture, by, words);
    dress(status);
    return status;
}

/** What a row of the server lacks: a face, and a time in words. */
function dress(status: HTMLElement): void {
    const picture = status.querySelector<HTMLElement>('.face');
    const time = status.querySelector('time');
    if (picture) {
        face.show(picture, status.querySelector('strong')?.textContent ?? '');
    }
    if (time) {
        moment.show(time, new Date(time.dateTime));
    }
}

/** Something was missed: the server knows all of it. */
async function readAnew(): Promise<void> {
    const response = await fetch('/', { cache: 'no-store' });
    if (!response.ok) {
        return;
    }
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const rows = [...page.querySelectorAll<HTMLElement>('#statuses > .entry')];
    for (const status of rows) {
        dress(status);
    }
    wall.replaceChildren(...rows);
}

async function post(): Promise<void> {
    const button = form.querySelector('button');
    problem.hidden = true;
    button?.setAttribute('disabled', '');
    try {
        const body = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
        const response = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' } });
        if (!response.ok) {
            throw new Error((await response.text()) || `The server answered ${response.status}.`);
        }
        // The name stays: the next status is by the same person.
        text.value = '';
        count();
        text.focus();
    } catch (error) {
        problem.textContent = error instanceof TypeError ? 'The server cannot be reached.' : (error as Error).message;
        problem.hidden = false;
    } finally {
        button?.removeAttribute('disabled');
    }
}

function count(): void {
    const rest = text.maxLength - text.value.length;
    left.textContent = `${rest} left`;
    left.classList.toggle('tight', rest < 20);
}

function row(id: string): Element | undefined {
    return [...wall.children].find((child) => (child as HTMLElement).dataset.id === id);
}
