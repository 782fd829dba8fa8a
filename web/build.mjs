// Builds what is checked in under dist/, and the tests.
//
//     node build.mjs           writes dist/
//     node build.mjs --check   fails if dist/ is not what the sources build
//     node build.mjs test      writes build/test/

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const DIST = 'dist';
const TARGET = ['chrome100', 'firefox100', 'safari15.4'];

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const banner = `/*! pubsub-client ${version}, MIT OR Apache-2.0; contains Strophe.js, see THIRD-PARTY.txt */`;
const pushBanner = `/*! pubsub-client ${version}, MIT OR Apache-2.0 */`;

/** One script, as text. */
async function script(entry, format, comment) {
    const { outputFiles } = await build({
        entryPoints: [entry],
        bundle: true,
        write: false,
        format,
        platform: 'browser',
        target: TARGET,
        minify: true,
        charset: 'utf8',
        legalComments: 'none',
        banner: { js: comment },
        logLevel: 'warning',
    });
    return outputFiles[0].text;
}

/** The types of one entry in one file, as text. */
async function types(entry) {
    const bundle = await rollup({
        input: entry,
        plugins: [dts({ tsconfig: 'tsconfig.json' })],
        external: ['strophe.js'],
    });
    const { output } = await bundle.generate({ format: 'es' });
    await bundle.close();
    return output[0].code;
}

/** Every file of dist/, by name. */
async function products() {
    const strophe = await readFile('node_modules/strophe.js/LICENSE.txt', 'utf8');
    return new Map([
        ['pubsub.js', await script('src/index.ts', 'esm', banner)],
        ['pubsub.classic.js', await script('src/classic.ts', 'iife', banner)],
        ['push.js', await script('src/push/index.ts', 'esm', pushBanner)],
        ['pubsub.d.ts', await types('src/index.ts')],
        ['push.d.ts', await types('src/push/index.ts')],
        [
            'THIRD-PARTY.txt',
            `pubsub.js and pubsub.classic.js contain Strophe.js (https://strophe.im/strophejs/):\n\n${strophe.trim()}\n`,
        ],
    ]);
}

async function check(files) {
    const stale = [];
    for (const [name, text] of files) {
        const there = await readFile(`${DIST}/${name}`, 'utf8').catch(() => '');
        if (there !== text) {
            stale.push(name);
        }
    }
    const surplus = (await readdir(DIST)).filter((name) => !files.has(name));
    if (stale.length > 0 || surplus.length > 0) {
        const names = [...stale, ...surplus].join(', ');
        throw new Error(`dist/ is not what the sources build: ${names}; run \`npm run build\` and commit it`);
    }
}

async function write(files) {
    await mkdir(DIST, { recursive: true });
    for (const [name, text] of files) {
        await writeFile(`${DIST}/${name}`, text);
    }
}

async function tests() {
    await rm('build/test', { recursive: true, force: true });
    const names = (await readdir('test')).filter((name) => name.endsWith('.test.ts'));
    await build({
        entryPoints: names.map((name) => `test/${name}`),
        outdir: 'build/test',
        outExtension: { '.js': '.mjs' },
        bundle: true,
        packages: 'external',
        format: 'esm',
        platform: 'node',
        target: 'node20',
        sourcemap: 'inline',
        logLevel: 'warning',
    });
}

const task = process.argv[2];
if (task === 'test') {
    await tests();
} else {
    const files = await products();
    await (task === '--check' ? check(files) : write(files));
    for (const [name, text] of files) {
        process.stdout.write(`${name} ${Buffer.byteLength(text)} bytes\n`);
    }
}
