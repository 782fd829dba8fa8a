/**
 * The same for pages without modules: `<script src="/pubsub.classic.js">` puts `PubSubClient` and `PushClient` among the globals, and all
 * the rest into `pubsub_client`.
 *
 * A global `settings`, as pages of django-pubsub have it, fills in what their options leave out.
 */

import * as everything from './index.js';
import { PubSubClient, type PubSubOptions } from './index.js';

/** The settings of django-pubsub's `settings.js`. */
interface PageSettings {
    BOSH_SERVICE?: string;
    WEBSOCKET_SERVICE?: string;
    DOMAIN?: string;
    RESOURCE?: string;
    PUBSUB_SERVICE?: string;
}

class ClassicPubSubClient extends PubSubClient {
    constructor(options: PubSubOptions<PubSubClient> = {}) {
        super({ ...fromPage(), ...options });
    }
}

function fromPage(): PubSubOptions<PubSubClient> {
    const settings = (globalThis as { settings?: PageSettings }).settings;
    if (typeof settings !== 'object' || settings === null) {
        return {};
    }
    const options: [keyof PubSubOptions, string | undefined][] = [
        ['bosh', settings.BOSH_SERVICE],
        ['websocket', settings.WEBSOCKET_SERVICE],
        ['domain', settings.DOMAIN],
        ['service', settings.PUBSUB_SERVICE],
    ];
    return Object.fromEntries(options.filter(([, value]) => typeof value === 'string' && value !== ''));
}

Object.assign(globalThis, {
    pubsub_client: { ...everything, PubSubClient: ClassicPubSubClient },
    PubSubClient: ClassicPubSubClient,
    PushClient: everything.PushClient,
});
