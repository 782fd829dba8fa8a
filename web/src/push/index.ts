/** What a page uses that needs no XMPP. */

export type { BackOffOptions } from '../backoff.js';
export type { Off } from '../emitter.js';
export { ListError, type ListQuery, type Meta, type Page } from '../rest/list.js';
export { type LiveEvents, LiveList, type LiveOptions } from '../rest/live.js';
export type { Compare, Key } from '../rest/rows.js';
export {
    type ChannelInfo,
    PublishError,
    PushClient,
    type PushEvents,
    type PushOptions,
    type Token,
} from './client.js';
export type { FeedStatus } from './feed.js';
export type { Received, ResetReason } from './inbox.js';
export type { PushMessage } from './message.js';
export type { Transport } from './transport.js';
export type { Channel } from './url.js';
