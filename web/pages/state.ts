/** How the connection is doing, in a pill at the top of a page. */

import type { FeedStatus, PubSubStatus } from '/pubsub.js';

const WAYS: Readonly<Record<string, string>> = {
    websocket: 'WebSocket',
    bosh: 'BOSH',
    eventsource: 'event stream',
    stream: 'stream',
    longpoll: 'long polling',
};

let last: (() => void) | null = null;
// A network that went away is noticed by the browser long before a silent connection is.
window.addEventListener('offline', () => last?.());
window.addEventListener('online', () => last?.());

/** Shows a status of either client. */
export function show(pill: HTMLElement, status: FeedStatus | PubSubStatus): void {
    last = () => draw(pill, status);
    last();
}

function draw(pill: HTMLElement, status: FeedStatus | PubSubStatus): void {
    const [state, words, title] = navigator.onLine ? describe(status) : ['wrong', 'Offline', 'there is no network'];
    if (pill.textContent !== words) {
        pill.textContent = words;
    }
    pill.dataset.state = state;
    pill.title = title;
}

function describe(status: FeedStatus | PubSubStatus): [state: string, words: string, title: string] {
    switch (status.kind) {
        case 'live':
            return ['live', 'Live', ''];
        case 'open':
            return ['live', 'Live', `over ${WAYS[status.transport]}`];
        case 'connected':
            return ['waiting', 'Connecting', `over ${WAYS[status.road]}`];
        case 'connecting':
            return ['waiting', 'Connecting', ''];
        case 'waiting':
            return ['waiting', 'Reconnecting', status.reason];
        case 'refused':
            return ['wrong', 'Refused', status.reason];
        case 'closed':
        case 'disconnected':
            return ['wrong', 'Offline', ''];
    }
}
