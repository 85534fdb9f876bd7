import vue from '@vitejs/plugin-vue'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import components from 'unplugin-vue-components/vite'
import { defineConfig } from 'vitest/config'

// During development: `npx vite`, with the server on its usual port.
const server = process.env.MICRODOCK ?? 'http://127.0.0.1:8000'

// The tokens and the icon are the gallery's too.
const design = new URL('../microdock_server/pages/static', import.meta.url).pathname

export default defineConfig({
  base: '/admin/',
  resolve: { alias: { '@design': design, '@': new URL('./src', import.meta.url).pathname } },
  plugins: [
    vue(),
    // Element Plus by component, with the styles of those that are used.
    components({ resolvers: [ElementPlusResolver()], dirs: [], dts: false }),
  ],
  build: {
    outDir: '../microdock_server/static/admin',
    emptyOutDir: true,
    manifest: true,
    // Nothing inlined: the page's policy allows files of our own, and no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    fs: { allow: ['.', design] },
    proxy: {
      '/api': server,
      '/ws': { target: server, ws: true },
      '/healthz': server,
      '/readyz': server,
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    // Its components import their styles, which Node.js cannot.
    server: { deps: { inline: ['element-plus'] } },
  },
})
