/**
 * The commits in the browser: the first page from the list API, more on scrolling, and every commit that is pushed from then on.
 *
 * Whose commits are shown is in the address: `/`, `/?user=5`, `/?project=7`.
 */

import { PushClient } from '/pubsub.js';
import { element } from '../../web/pages/element.js';
import * as face from '../../web/pages/face.js';
import * as moment from '../../web/pages/moment.js';
import * as state from '../../web/pages/state.js';
import type * as model from './rows.js';
import type { Listed } from './rows.js';

/** As the list API and the channels have them. */
type Commit = Listed<model.Commit>;
type Named = Listed<model.User | model.Project>;

const feed = element<HTMLOListElement>('feed');
const template = element<HTMLTemplateElement>('row');
const problem = element('problem');
const newer = element<HTMLButtonElement>('newer');
const more = element<HTMLButtonElement>('more');
const form = element<HTMLFormElement>('push');

const address = new URLSearchParams(location.search);
const user = address.get('user');
const project = address.get('project');
const channel = project ? `project-${project}` : user ? `user-${user}` : 'global';

const push = new PushClient();
const live = push.live<Commit>('commit', channel, {
    query: { limit: 20, user, project },
    compare: (one, two) => two.timestamp.localeCompare(one.timestamp) || Number(two.id) - Number(one.id),
});
/** Rows in the page, by the id of the commit. */
const rows = new Map<Commit['id'], { commit: Commit; row: HTMLLIElement }>();
/** Whose names can be chosen, or were looked for. */
const known = new Set<string>();
let since = 0;
let unseen = 0;
// For whoever looks at this page from a console, and for tests.
Object.assign(globalThis, { push, live });

live.on('change', draw);
live.on('row', (commit, effect) => {
    if (effect === 'added') {
        since += 1;
        unseen = isAtTop() ? 0 : unseen + 1;
        announce();
        greet(commit);
    }
});
live.on('status', (status) => state.show(element('state'), status));
live.on('error', (error) => {
    problem.textContent = error.message;
    problem.hidden = false;
});

element('command').textContent =
    `curl --json \\\n  @examples/commits_live/push.json \\\n  ${location.origin}/hooks/github`;
bones(6);
title();
void choices();
moment.keepUp(feed, words);

newer.addEventListener('click', () => {
    window.scrollTo({ top: 0, behavior: 'smooth' });
    feed.querySelector<HTMLElement>('.commit a')?.focus({ preventScroll: true });
});
window.addEventListener(
    'scroll',
    () => {
        if (isAtTop() && unseen > 0) {
            unseen = 0;
            announce();
        }
    },
    { passive: true },
);
more.addEventListener('click', () => void readMore());
const nearEnd = new IntersectionObserver(
    (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
            void readMore();
        }
    },
    { rootMargin: '600px' },
);
nearEnd.observe(more);
form.addEventListener('submit', (event) => {
    event.preventDefault();
    void pushSomething();
});

/** Draws the rows in their order; what is there stays the same element. */
function draw(commits: readonly Commit[]): void {
    feed.setAttribute('aria-busy', 'false');
    problem.hidden = true;
    const isFirst = rows.size === 0;
    const kept = new Set(commits.map(({ id }) => id));
    for (const id of [...rows.keys()].filter((id) => !kept.has(id))) {
        rows.delete(id);
    }
    const wanted: HTMLElement[] = [];
    let today = '';
    for (const commit of commits) {
        const when = moment.day(new Date(commit.timestamp));
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
        // Pages that follow come at the end and need no welcome.
        row.classList.toggle('fresh', !isFirst && there === undefined && wanted.length < 3);
        rows.set(commit.id, { commit, row });
        wanted.push(row);
    }
    arrange(wanted);
    element('total').textContent = new Intl.NumberFormat().format(live.total);
    more.hidden = !live.hasMore;
    element('end').hidden = live.hasMore || commits.length === 0;
    element('none').hidden = commits.length > 0;
}

/** Puts elements in their order without taking out those that stay: a reader or a focus in them is not disturbed. */
function arrange(wanted: readonly HTMLElement[]): void {
    let at: Element | null = feed.firstElementChild;
    for (const item of wanted) {
        if (at?.className === 'day label' && item.className === at.className && at.textContent === item.textContent) {
            at = at.nextElementSibling;
        } else if (at === item) {
            at = at.nextElementSibling;
        } else {
            feed.insertBefore(item, at);
        }
    }
    while (at !== null) {
        const next: Element | null = at.nextElementSibling;
        at.remove();
        at = next;
    }
}

function make(commit: Commit): HTMLLIElement {
    const row = (template.content.cloneNode(true) as DocumentFragment).querySelector('li');
    if (row === null) {
        throw new Error('the template of a row is empty');
    }
    const part = <Kind extends HTMLElement>(selector: string) => row.querySelector<Kind>(selector);
    row.dataset.id = String(commit.id);
    const name = commit.author || commit.username || '';
    const picture = part('.face');
    if (picture) {
        face.show(picture, name);
    }
    write(part('.message'), commit.message);
    write(part('.who'), name);
    write(part('.where'), commit.project_name ?? 'no project');
    write(part('.hash'), commit.hash.slice(0, 7));
    link(part<HTMLAnchorElement>('.who'), idOf(commit.user, 'user'));
    link(part<HTMLAnchorElement>('.where'), idOf(commit.project, 'project'));
    link(part<HTMLAnchorElement>('.hash'), safe(commit.url));
    part('.hash')?.setAttribute('aria-label', `Commit ${commit.hash.slice(0, 7)}`);
    const time = part<HTMLTimeElement>('time');
    if (time) {
        moment.show(time, new Date(commit.timestamp), words);
    }
    return row;
}

/** Today how long ago, before that at what time: the day stands above. */
function words(then: Date): string {
    return Date.now() - then.getTime() < 12 * 3_600_000 ? moment.ago(then) : moment.atClock(then);
}

function heading(words: string): HTMLLIElement {
    const heading = document.createElement('li');
    heading.className = 'day label';
    heading.textContent = words;
    return heading;
}

/** `/api/v1/user/5/` is shown at `/?user=5`. */
function idOf(uri: string | null, kind: string): string | null {
    const id = /\/([^/]+)\/$/.exec(uri ?? '')?.[1];
    return id === undefined ? null : `/?${kind}=${encodeURIComponent(id)}`;
}

/** Whoever pushes names the address: only one of the web is followed. */
function safe(url: string): string | null {
    return /^https?:\/\//i.test(url) ? url : null;
}

function link(anchor: HTMLAnchorElement | null, href: string | null): void {
    if (anchor && href) {
        anchor.href = href;
    }
}

function write(element: HTMLElement | null, words: string): void {
    if (element) {
        element.textContent = words;
    }
}

/** What stands where rows will be. */
function bones(count: number): void {
    for (let at = 0; at < count; at += 1) {
        const bone = document.createElement('li');
        bone.className = 'bone';
        bone.setAttribute('aria-hidden', 'true');
        feed.append(bone);
    }
}

function announce(): void {
    element('since').textContent = String(since);
    newer.hidden = unseen === 0;
    newer.textContent = unseen === 1 ? '1 new commit' : `${unseen} new commits`;
}

function isAtTop(): boolean {
    return window.scrollY < 120;
}

async function readMore(): Promise<void> {
    if (!live.hasMore) {
        return;
    }
    more.disabled = true;
    try {
        await live.more();
        // Says it anew where the end is still near: a short page, or one that was scrolled over meanwhile.
        nearEnd.unobserve(more);
        nearEnd.observe(more);
    } catch (error) {
        problem.textContent = (error as Error).message;
        problem.hidden = false;
    } finally {
        more.disabled = false;
    }
}

/** Who and what there is to look at. */
async function choices(): Promise<void> {
    const [users, projects] = await Promise.all([
        push.list<Named>('user', { limit: 8 }).catch(() => null),
        push.list<Named>('project', { limit: 8 }).catch(() => null),
    ]);
    const list = element('choices');
    const choose = (words: string, kind: string, href: string, isCurrent: boolean) => {
        const anchor = document.createElement('a');
        anchor.href = href;
        anchor.append(words);
        if (kind) {
            const sort = document.createElement('span');
            sort.className = 'sort';
            sort.textContent = kind;
            anchor.append(' ', sort);
        }
        if (isCurrent) {
            anchor.setAttribute('aria-current', 'page');
        }
        const item = document.createElement('li');
        item.append(anchor);
        list.append(item);
    };
    list.replaceChildren();
    choose('Everybody', '', '/', !user && !project);
    for (const { resource_uri: uri } of [...(users?.objects ?? []), ...(projects?.objects ?? [])]) {
        known.add(uri);
    }
    for (const { id, name } of users?.objects ?? []) {
        choose(name, 'user', `/?user=${id}`, String(id) === user);
    }
    for (const { id, name } of projects?.objects ?? []) {
        choose(name, 'project', `/?project=${id}`, String(id) === project);
    }
}

/** Somebody new, or a new project, can be chosen too. */
function greet({ user, project }: Commit): void {
    const strangers = [user, project].filter((uri) => uri !== null && !known.has(uri)) as string[];
    if (strangers.length > 0) {
        // There may be more than are listed: each is looked for once.
        for (const uri of strangers) {
            known.add(uri);
        }
        void choices();
    }
}

/** Whose commits these are. */
function title(): void {
    if (!user && !project) {
        return;
    }
    element('kind').textContent = project ? 'Project' : 'User';
    element('title').textContent = '…';
    element('lead').textContent = project ? 'Whoever pushes to it.' : 'Wherever they are pushed.';
    const resource = project ? 'project' : 'user';
    push.list<Named>(resource, { id: project ?? user })
        .then(({ objects: [named] }) => {
            element('title').textContent = named?.name ?? `Nobody knows ${resource} ${project ?? user}`;
            document.title = `${named?.name ?? 'Nobody'} · Commits, live`;
        })
        .catch((error: Error) => {
            element('title').textContent = error.message;
        });
}

/** Pushes a commit as GitHub would tell of it. */
async function pushSomething(): Promise<void> {
    const input = form.elements.namedItem('message') as HTMLInputElement;
    const id = [...crypto.getRandomValues(new Uint8Array(20))]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('');
    const repository = {
        name: 'sandbox',
        full_name: 'somebody/sandbox',
        html_url: 'https://example.org/somebody/sandbox',
    };
    const author = { name: 'You', username: 'you', email: 'you@example.org' };
    const commit = {
        id,
        message: input.value,
        timestamp: new Date().toISOString(),
        url: `${repository.html_url}/commit/${id}`,
        author,
        committer: author,
        added: [],
        removed: [],
        modified: ['README.md'],
    };
    const body = JSON.stringify({
        ref: 'refs/heads/main',
        before: '',
        after: id,
        repository,
        pusher: author,
        commits: [commit],
    });
    const headers = { 'Content-Type': 'application/json', 'X-GitHub-Event': 'push' };
    const response = await fetch('/hooks/github', { method: 'POST', headers, body }).catch(() => null);
    if (response?.ok) {
        input.value = '';
        return;
    }
    problem.textContent = response === null ? 'The server cannot be reached.' : await response.text();
    problem.hidden = false;
}
