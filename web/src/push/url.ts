/** Where the gateway is asked for what. Pure. */

/** A channel to listen to: its name, or a node's, such as `/twitter/Tweet`. */
export type Channel =
    | string
    | {
          readonly name: string;
          /** So many of the last messages are told at the first connection. */
          readonly backtrack?: number;
      };

/** What a request says beside its channels. */
export interface Query {
    readonly [name: string]: string | null | undefined;
}

/** The name of a channel. */
export function nameOf(channel: Channel): string {
    return typeof channel === 'string' ? channel : channel.name;
}

/** The channels as the last part of a path. `withBacktrack` is for the first request, when nothing was heard yet. */
export function path(channels: readonly Channel[], withBacktrack: boolean): string {
    return channels.map((channel) => segment(channel, withBacktrack)).join('/');
}

function segment(channel: Channel, withBacktrack: boolean): string {
    const name = nameOf(channel);
    const backtrack = withBacktrack && typeof channel !== 'string' ? (channel.backtrack ?? 0) : 0;
    // A name that ends as a number of messages does needs one of its own.
    const needsOne = backtrack > 0 || /\.b[0-9]+$/.test(name);
    return encodeURIComponent(name) + (needsOne ? `.b${backtrack}` : '');
}

/** Refuses what no channel can be called. */
export function check(channels: readonly Channel[]): void {
    if (channels.length === 0) {
        throw new TypeError('name at least one channel');
    }
    for (const channel of channels) {
        const name = nameOf(channel);
        if (typeof name !== 'string' || name === '' || name === 'ALL' || name.includes('*')) {
            throw new TypeError(`${JSON.stringify(name)} cannot be the name of a channel`);
        }
        if (!name.startsWith('/') && name.includes('/')) {
            throw new TypeError(
                `${JSON.stringify(name)}: a slash separates channels; the name of a node begins with one`,
            );
        }
    }
}

/** A URL with arguments; those that are absent are left out. */
export function url(base: URL, query: Query): URL {
    const whole = new URL(base);
    for (const [name, value] of Object.entries(query)) {
        if (value !== null && value !== undefined && value !== '') {
            whole.searchParams.set(name, value);
        }
    }
    return whole;
}

/** The same place for a WebSocket. */
export function webSocket(http: URL): URL {
    const whole = new URL(http);
    whole.protocol = whole.protocol === 'https:' ? 'wss:' : 'ws:';
    return whole;
}
