#!/usr/bin/env node
// A gateway that is not there: a simulated shop behind the API of docs/api.md, to work on the dashboard and to test it without radios.
//
//   node dev/fake.mjs [--port 8766] [--devices 40] [--assets FOLDER] [--token T] [--trouble] [--empty]
//
// `npm run dev` then shows the pages with it. With --assets it also serves a built dashboard, with the gateway's security headers.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { routes as lab_routes } from './lab.mjs';
import { explore } from './explorer.mjs';
import { Refused, shop_routes } from './routes.mjs';
import { Shop } from './shop.mjs';
import { accept } from './socket.mjs';

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const headers = {
  'Content-Security-Policy': "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

function pattern(path) {
  return new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}

export class FakeGateway {
  constructor({ devices = 40, assets = '', token = '', trouble = false, empty = false } = {}) {
    this.shop = new Shop({ devices: empty ? 0 : devices, trouble, empty });
    this.assets = assets;
    this.token = token;
    this.streams = new Set();
    this.routes = [...shop_routes(this.shop, this), ...lab_routes].map(([method, path, answer]) => ({ method, path: pattern(path), answer }));
    this.server = createServer((request, response) => this.#serve(request, response));
    this.server.on('upgrade', (request, socket) => {
      if (new URL(request.url, 'http://x').pathname === '/api/v1/explorer' && this.#allowed(request)) explore(accept(request, socket), this.shop);
      else socket.destroy();
    });
  }

  async listen(port = 0) {
    await new Promise((done) => this.server.listen(port, '127.0.0.1', done));
    let ticks = 0;
    this.timer = setInterval(() => this.#tick(++ticks), 500);
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  close() {
    clearInterval(this.timer);
    for (const stream of this.streams) stream.end();
    this.server.closeAllConnections();
    this.server.close();
  }

  #allowed(request) {
    return !this.token || request.headers.authorization === `Bearer ${this.token}` || (request.headers.cookie ?? '').includes(`moor_token=${this.token}`);
  }

  #send(stream, name, data) {
    stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #tick(ticks) {
    const { changed, gone, events, visits } = this.shop.step();
    for (const stream of this.streams) {
      this.#send(stream, 'devices', { changed, gone });
      for (const event of events) this.#send(stream, 'zone', event);
      for (const visit of visits) this.#send(stream, 'visit', visit);
      if (ticks % 4 === 0) {
        this.#send(stream, 'radios', { radios: this.shop.radios() });
        this.#send(stream, 'status', this.status());
      }
    }
  }

  status() {
    return { ...this.shop.status(), auth: { required: this.token !== '', ok: true } };
  }

  #live(response) {
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const all = this.shop.devices();
    for (let i = 0; i < all.length || i === 0; i += 500) this.#send(response, 'devices', { changed: all.slice(i, i + 500), gone: [] });
    this.#send(response, 'radios', { radios: this.shop.radios() });
    this.#send(response, 'status', this.status());
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
  }

  async #serve(request, response) {
    const url = new URL(request.url, 'http://x');
    const answer = (status, data, more = {}) => {
      response.writeHead(status, { ...headers, ...more, 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
      response.end(JSON.stringify(data));
    };
    let body = '';
    for await (const part of request) body += part;
    try {
      if (!url.pathname.startsWith('/api/')) return await this.#file(url.pathname, response);
      const path = url.pathname.slice('/api/v1'.length);
      if (path === '/login') {
        if (JSON.parse(body).token !== this.token) throw new Refused(401, 'This is not the token.', 'It is `serve.token` of the gateway’s configuration, or in its `token_file`.');
        return answer(200, {}, { 'Set-Cookie': `moor_token=${this.token}; HttpOnly; SameSite=Strict; Path=/` });
      }
      if (!this.#allowed(request)) throw new Refused(401, 'A token is needed.', 'Sign in with the token of the configuration.');
      if (path === '/live') return this.#live(response);
      for (const route of this.routes) {
        const found = route.path.exec(path);
        if (!found || route.method !== request.method) continue;
        const parameters = Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]));
        return answer(200, await route.answer(body ? JSON.parse(body) : undefined, { ...Object.fromEntries(url.searchParams), ...parameters }));
      }
      throw new Refused(404, `There is no ${url.pathname}.`, 'GET /api/v1/openapi.json lists what there is.');
    } catch (error) {
      if (error instanceof Refused) answer(error.status, { error: error.message, advice: error.advice });
      else answer(500, { error: String(error), advice: '' });
    }
  }

  async #file(path, response) {
    const name = path === '/' ? 'index.html' : normalize(path).replace(/^(\.\.[/\\])+/, '');
    try {
      const data = await readFile(join(this.assets, name));
      response.writeHead(200, { ...headers, 'Content-Type': types[extname(name)] ?? 'application/octet-stream' });
      response.end(data);
    } catch {
      response.writeHead(404, headers);
      response.end();
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8766' },
      devices: { type: 'string', default: '40' },
      assets: { type: 'string', default: '' },
      token: { type: 'string', default: '' },
      trouble: { type: 'boolean', default: false },
      empty: { type: 'boolean', default: false },
    },
  });
  const gateway = new FakeGateway({ ...values, devices: Number(values.devices) });
  console.log(await gateway.listen(Number(values.port)));
}
