import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { contentSecurityPolicy } from './content-security-policy.ts'

/** The built page carries its own policy, so that it is strict whoever serves it. Vite's dev server needs inline scripts. */
const strictPolicy: Plugin = {
  name: 'koinon-strict-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
      injectTo: 'head-prepend',
    },
  ],
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), strictPolicy],
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    // Inlined data: images would need a wider policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      treeshake: {
        // These packages only define things; without this their one door would pull the curves into the first page.
        moduleSideEffects: [{ test: /\/packages\/(base|work|inference)\/src\//, sideEffects: false }],
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': 'http://127.0.0.1:8402', '/v1': 'http://127.0.0.1:8402' },
  },
})
