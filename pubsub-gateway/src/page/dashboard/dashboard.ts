/**
 * The dashboard in the browser: asks the gateway every second how its channels are and what its metrics say, and draws the last three
 * minutes.
 *
 * Keeps a bounded history; a gateway that was started anew begins a new one.
 */

import { element } from '../../../../web/pages/element.js';
import {
    apart,
    type Buckets,
    buckets,
    parse,
    quantile,
    type Sample,
    since,
    sum,
} from '../../../../web/pages/metrics.js';
import { curve, round, shape, ticks } from '../../../../web/pages/plot.js';

/** A channel, as the statistics have it. */
interface Info {
    channel: string;
    published_messages: number;
    stored_messages: number;
    subscribers: number;
}

/** What an XMPP server beside the gateway says of itself. */
interface Server {
    tcp: number;
    websocket: number;
    bosh: number;
    nodes: number;
    subscriptions: number;
    awaited: number;
    items: number;
    stored_bytes: number;
    published: number;
    delivered: number;
}

/** The statistics of all channels. */
interface Statistics {
    uptime: number;
    infos: Info[];
}

/** What is asked for at one time. */
interface Read {
    statistics: Statistics;
    samples: Sample[];
    server: Server | null;
}

/** A reading of everything, and what was different from the one before. */
interface Reading {
    at: number;
    delivered: number;
    published: number;
    subscribers: number;
    lag: Buckets;
}

/** A channel over time. */
interface Trend {
    info: Info;
    rates: number[];
}

const PERIOD = 1000;
/** Three minutes. */
const PLACES = 180;
const DELIVERED = 'pubsub_gateway_deliveries_total';
const LAG = 'pubsub_gateway_publishing_seconds';
/** Slower than this is drawn as slow, in seconds. */
const SLOW = 0.025;

const readings: Reading[] = [];
const trends = new Map<string, Trend>();
let last: { at: number; statistics: Statistics; delivered: number | null; server: Server | null } | null = null;
/** What the server published and delivered a second. */
const flows: { published: number; delivered: number }[] = [];
let by: 'channel' | 'rate' | 'published' | 'stored' | 'subscribers' = 'rate';
let isRising = false;

const pill = element('state');
const rows = element<HTMLTableSectionElement>('rows');
const filter = element<HTMLInputElement>('filter');

filter.addEventListener('input', drawTable);
for (const button of document.querySelectorAll<HTMLButtonElement>('thead button')) {
    button.addEventListener('click', () => sortBy(button));
}
window.addEventListener('resize', draw);
void run();

/** Reads and draws for ever; not while nobody looks. */
async function run(): Promise<void> {
    for (;;) {
        const begun = performance.now();
        if (!document.hidden) {
            try {
                take(await read());
                say('live', 'Live');
                draw();
            } catch (error) {
                const words = error instanceof Error ? error.message : '';
                say('wrong', 'No answer', words);
                refuse(words);
                last = null;
            }
        }
        await new Promise((resolve) => setTimeout(resolve, Math.max(100, PERIOD - (performance.now() - begun))));
    }
}

/** Says in the page why there is nothing to see; a pill has no room for it. */
function refuse(words: string): void {
    const none = element('none');
    if (readings.length === 0 && words !== '') {
        none.textContent = words;
        none.hidden = false;
    }
}

async function read(): Promise<Read> {
    const options: RequestInit = {
        cache: 'no-store',
        headers: { Accept: 'application/json' },
        signal: AbortSignal.timeout(5000),
    };
    const [statistics, metrics, server] = await Promise.all([
        fetch('/events/stats?id=ALL', options),
        fetch('/events/metrics', { ...options, headers: {} }).catch(() => null),
        fetch('/pubsub/server.json', options).catch(() => null),
    ]);
    if (!statistics.ok) {
        throw new Error(
            statistics.headers.get('X-Nginx-PushStream-Explain') ??
                `the statistics were answered with ${statistics.status}`,
        );
    }
    return {
        statistics: (await statistics.json()) as Statistics,
        samples: metrics?.ok ? parse(await metrics.text()) : [],
        // A gateway alone has no content there.
        server: server?.status === 200 ? ((await server.json()) as Server) : null,
    };
}

/** Notes a reading. Rates are known from the second one on. */
function take({ statistics, samples, server }: Read): void {
    const at = performance.now();
    const delivered = sum(samples, DELIVERED);
    const lag = buckets(samples, LAG);
    if (last !== null && statistics.uptime < last.statistics.uptime) {
        readings.length = 0;
        trends.clear();
        flows.length = 0;
        last = null;
    }
    const seconds = last === null ? 0 : (at - last.at) / 1000;
    const before = new Map(last?.statistics.infos.map((info) => [info.channel, info]));
    let published = 0;
    let expected = 0;
    for (const info of statistics.infos) {
        // A channel that was deleted in between counts from one again.
        const added = Math.max(
            0,
            info.published_messages - (before.get(info.channel)?.published_messages ?? info.published_messages),
        );
        const rate = seconds > 0 ? added / seconds : 0;
        published += rate;
        expected += rate * info.subscribers;
        const trend = trends.get(info.channel) ?? { info, rates: [] };
        trend.info = info;
        trend.rates.push(rate);
        trend.rates.splice(0, trend.rates.length - PLACES);
        trends.set(info.channel, trend);
    }
    const there = new Set(statistics.infos.map(({ channel }) => channel));
    for (const channel of [...trends.keys()].filter((channel) => !there.has(channel))) {
        trends.delete(channel);
    }
    if (seconds > 0) {
        const counted =
            delivered !== null && last?.delivered != null
                ? Math.max(0, delivered - last.delivered) / seconds
                : expected;
        const subscribers = statistics.infos.reduce((sum, info) => sum + info.subscribers, 0);
        readings.push({ at, delivered: counted, published, subscribers, lag });
        readings.splice(0, readings.length - PLACES);
    }
    if (seconds > 0 && server !== null && last?.server) {
        const { published, delivered } = last.server;
        flows.push({
            published: Math.max(0, server.published - published) / seconds,
            delivered: Math.max(0, server.delivered - delivered) / seconds,
        });
        flows.splice(0, flows.length - PLACES);
    }
    last = { at, statistics, delivered, server };
    element('uptime').textContent = `up ${duration(statistics.uptime)}`;
}

function draw(): void {
    const now = readings.at(-1);
    if (now !== undefined) {
        tile('delivered', now.delivered, (reading) => reading.delivered);
        tile('published', now.published, (reading) => reading.published, 'second');
        tile('subscribers', now.subscribers, (reading) => reading.subscribers);
    }
    drawLag();
    drawFlow();
    drawServer();
    drawTable();
}

/** The XMPP server, where there is one beside the gateway. */
function drawServer(): void {
    const server = last?.server ?? null;
    element('server').hidden = server === null;
    if (server === null) {
        return;
    }
    const { tcp, websocket, bosh } = server;
    const whole = (value: number) => new Intl.NumberFormat().format(value);
    element('server-connections').textContent = whole(tcp + websocket + bosh);
    element('server-carriers').textContent = `${whole(tcp)} TCP · ${whole(websocket)} WebSocket · ${whole(bosh)} BOSH`;
    element('server-nodes').textContent = whole(server.nodes);
    element('server-awaited').textContent = server.awaited > 0 ? `${whole(server.awaited)} awaited` : 'none awaited';
    element('server-subscriptions').textContent = whole(server.subscriptions);
    element('server-items').textContent = whole(server.items);
    element('server-bytes').textContent = size(server.stored_bytes);
    const flow = flows.at(-1);
    for (const [name, kind] of [
        ['published', 'second'],
        ['delivered', ''],
    ] as const) {
        const id = `server-${name}`;
        element(id).textContent = flow === undefined ? '–' : rate(flow[name]);
        element(`${id}-total`).textContent = `${whole(server[name])} since the start`;
        const values = flows.map((flow) => flow[name]);
        spark(element(`${id}-spark`) as unknown as SVGSVGElement, values, kind);
    }
}

function rate(value: number): string {
    return new Intl.NumberFormat(undefined, { maximumFractionDigits: value < 100 ? 1 : 0 }).format(value);
}

/** `1.2 MB`. */
function size(bytes: number): string {
    const [by, unit] =
        bytes >= 1e9 ? [1e9, 'GB'] : bytes >= 1e6 ? [1e6, 'MB'] : bytes >= 1e3 ? [1e3, 'kB'] : [1, 'bytes'];
    return `${rate(bytes / by)} ${unit}`;
}

function tile(id: string, value: number, of: (reading: Reading) => number, kind = ''): void {
    element(id).textContent = rate(value);
    spark(element(`${id}-spark`) as unknown as SVGSVGElement, readings.map(of), kind);
}

function spark(svg: SVGSVGElement, values: readonly number[], kind: string): void {
    svg.setAttribute('viewBox', '0 0 300 40');
    svg.setAttribute('preserveAspectRatio', 'none');
    const most = Math.max(...values, 0) * 1.15 || 1;
    svg.replaceChildren(...curve(values, PLACES, { left: 0, top: 3, width: 300, height: 36, most }, kind));
}

/** Both flows over time, in the size that they have on this screen. */
function drawFlow(): void {
    const svg = element('flow') as unknown as SVGSVGElement;
    const { width, height } = sized(svg);
    const left = 44;
    const frame = { left, top: 10, width: Math.max(1, width - left), height: height - 34 };
    const most = round(Math.max(1, ...readings.flatMap(({ delivered, published }) => [delivered, published])));
    const grid = ticks(most).flatMap(([value, label]) => {
        const y = frame.top + frame.height * (1 - value / most);
        return [
            shape('line', { class: 'grid', x1: left, x2: width, y1: y, y2: y }),
            shape('text', { x: left - 8, y: y + 4, 'text-anchor': 'end' }, label),
        ];
    });
    const times = ['3 min', '2 min', '1 min', 'now'].map((words, at) => {
        const anchor = at === 0 ? 'start' : at === 3 ? 'end' : 'middle';
        return shape('text', { x: left + (frame.width * at) / 3, y: height - 6, 'text-anchor': anchor }, words);
    });
    svg.replaceChildren(
        ...grid,
        ...times,
        ...curve(
            readings.map((reading) => reading.delivered),
            PLACES,
            { ...frame, most },
        ),
        ...curve(
            readings.map((reading) => reading.published),
            PLACES,
            { ...frame, most },
            'second',
        ),
    );
}

/** How long what was published here took, in the last three minutes. Other messages do not say when they were sent. */
function drawLag(): void {
    const [first, now] = [readings[0], readings.at(-1)];
    const passed = first === undefined || now === undefined ? [] : since(now.lag, first.lag);
    const [middle, high] = [quantile(passed, 0.5), quantile(passed, 0.99)];
    const figure = element('latency');
    figure.textContent = high === null ? '–' : '';
    if (high !== null) {
        const unit = document.createElement('small');
        unit.textContent = 'ms';
        figure.append(milliseconds(high), unit);
    }
    const tails = readings.map(
        (reading, at) => quantile(since(reading.lag, readings[Math.max(0, at - 10)]?.lag ?? []), 0.99) ?? 0,
    );
    spark(element('latency-spark') as unknown as SVGSVGElement, tails, '');
    element('percentiles').textContent =
        middle === null || high === null
            ? 'in the last three minutes'
            : `p50 ${milliseconds(middle)} ms · p99 ${milliseconds(high)} ms`;
    drawBars(apart(passed));
}

function drawBars(counts: Buckets): void {
    const svg = element('spread') as unknown as SVGSVGElement;
    const { width, height } = sized(svg);
    const from = counts.findIndex(([, count]) => count > 0);
    const to = counts.findLastIndex(([, count]) => count > 0);
    // A few empty places on both sides, so that a narrow spread looks narrow.
    const shown = from < 0 ? [] : counts.slice(Math.max(0, from - 2), Math.max(to + 2, from + 6));
    const most = Math.max(1, ...shown.map(([, count]) => count));
    const step = width / Math.max(1, shown.length);
    const floor = height - 26;
    const every = Math.ceil(shown.length / Math.max(1, Math.floor(width / 60)));
    const bars = shown.flatMap(([bound, count], at) => {
        const high = (count / most) * (floor - 12);
        const middle = at * step + step / 2;
        const bar = {
            class: bound > SLOW ? 'bar-of slow' : 'bar-of',
            x: at * step + 2,
            y: floor - high,
            width: Math.max(1, step - 4),
            height: high,
            rx: 3,
        };
        const words = Number.isFinite(bound) ? `${milliseconds(bound)} ms` : 'more';
        const label =
            at % every === 0 ? [shape('text', { x: middle, y: height - 6, 'text-anchor': 'middle' }, words)] : [];
        return [shape('rect', bar), ...label];
    });
    const line = shape('line', { class: 'grid', x1: 0, x2: width, y1: floor, y2: floor });
    const words = { x: width / 2, y: floor / 2 + 4, 'text-anchor': 'middle' };
    svg.replaceChildren(
        ...bars,
        line,
        ...(shown.length > 0 ? [] : [shape('text', words, 'Nothing was published over HTTP')]),
    );
}

function drawTable(): void {
    const wanted = filter.value.trim().toLocaleLowerCase();
    const chosen = [...trends.values()].filter(({ info }) => info.channel.toLocaleLowerCase().includes(wanted));
    chosen.sort((one, two) => (isRising ? 1 : -1) * compare(one, two));
    const known = new Map([...rows.rows].map((row) => [row.dataset.channel, row]));
    rows.replaceChildren(
        ...chosen.slice(0, 200).map((trend) => fill(known.get(trend.info.channel) ?? make(trend.info.channel), trend)),
    );
    element('none').hidden = chosen.length > 0;
}

function compare(one: Trend, two: Trend): number {
    const number = {
        channel: 0,
        rate: average(one) - average(two),
        published: one.info.published_messages - two.info.published_messages,
        stored: one.info.stored_messages - two.info.stored_messages,
        subscribers: one.info.subscribers - two.info.subscribers,
    }[by];
    return number || (by === 'channel' ? 1 : -1) * one.info.channel.localeCompare(two.info.channel);
}

function make(channel: string): HTMLTableRowElement {
    const row = document.createElement('tr');
    row.dataset.channel = channel;
    const head = document.createElement('th');
    head.scope = 'row';
    head.textContent = channel;
    head.title = channel;
    const trend = document.createElement('td');
    trend.className = 'trend';
    const svg = shape('svg', { 'aria-hidden': 'true' });
    trend.append(svg);
    row.append(head, trend, ...[0, 1, 2, 3].map(() => document.createElement('td')));
    return row;
}

function fill(row: HTMLTableRowElement, trend: Trend): HTMLTableRowElement {
    const svg = row.querySelector('svg');
    if (svg !== null) {
        spark(svg, trend.rates, '');
    }
    const rate = average(trend);
    const numbers = [rate, trend.info.published_messages, trend.info.stored_messages, trend.info.subscribers];
    numbers.forEach((number, at) => {
        const cell = row.cells[at + 2];
        if (cell !== undefined) {
            cell.textContent = new Intl.NumberFormat(undefined, { maximumFractionDigits: at === 0 ? 1 : 0 }).format(
                number,
            );
            cell.classList.toggle('quiet', number === 0);
        }
    });
    return row;
}

/** Over five seconds: a number that can be read. */
function average({ rates }: Trend): number {
    const recent = rates.slice(-5);
    return recent.reduce((sum, rate) => sum + rate, 0) / Math.max(1, recent.length);
}

function sortBy(button: HTMLButtonElement): void {
    const wanted = button.dataset.by as typeof by;
    isRising = wanted === by ? !isRising : wanted === 'channel';
    by = wanted;
    for (const head of document.querySelectorAll('thead th[aria-sort]')) {
        const isIt = head.contains(button);
        head.setAttribute('aria-sort', isIt ? (isRising ? 'ascending' : 'descending') : 'none');
    }
    drawTable();
}

function say(state: string, words: string, title = ''): void {
    pill.dataset.state = state;
    pill.title = title;
    if (pill.textContent !== words) {
        pill.textContent = words;
    }
}

function sized(svg: SVGSVGElement): { width: number; height: number } {
    const { width, height } = svg.getBoundingClientRect();
    svg.setAttribute('viewBox', `0 0 ${Math.max(1, width)} ${Math.max(1, height)}`);
    return { width, height };
}

function milliseconds(seconds: number): string {
    const value = seconds * 1000;
    return value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, '');
}

function duration(seconds: number): string {
    const [days, hours, minutes] = [
        Math.floor(seconds / 86_400),
        Math.floor(seconds / 3600) % 24,
        Math.floor(seconds / 60) % 60,
    ];
    if (days > 0) {
        return `${days} d ${hours} h`;
    }
    return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
