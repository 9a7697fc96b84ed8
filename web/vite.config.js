import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The gateway's content security policy is `default-src 'self'`: nothing is inlined, and nothing comes from elsewhere.
export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    outDir: process.env.MOOR_WEB_OUT ?? '../build/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/api', '/health', '/ready', '/metrics', '/logout'].map((path) =>
      [path, { target: process.env.MOOR_URL ?? 'http://127.0.0.1:8766', ws: true, changeOrigin: true }])),
  },
});
