// After the build: a compressed copy beside every text, and an end to builds whose first load grew beyond what is
// promised: gzipped JavaScript of the entry and of a page, with everything that they import.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const built = new URL('../microdock_server/static/admin/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', built), 'utf8'))
const LIMITS = { 'src/views/LoginView.vue': 200, 'src/views/DashboardView.vue': 350 }

function files(names, found = new Set()) {
  for (const name of names) {
    const chunk = manifest[name]
    if (chunk === undefined) throw new Error(`${name} is not in the manifest`)
    if (found.has(chunk.file)) continue
    found.add(chunk.file)
    files(chunk.imports ?? [], found)
  }
  return found
}

const assets = new URL('assets/', built)
for (const name of readdirSync(assets)) {
  if (/\.(js|css|svg)$/.test(name))
    writeFileSync(new URL(`${name}.gz`, assets), gzipSync(readFileSync(new URL(name, assets)), { level: 9 }))
}

// A dashboard is reached through its layout, and loads its chart by itself.
const BESIDE = { 'src/views/DashboardView.vue': ['src/components/layout/AppLayout.vue', 'src/lib/chart.ts'] }

// One language is loaded; the largest is counted.
const bytesOf = (file) => gzipSync(readFileSync(new URL(file, built))).length
const languages = Object.keys(manifest).filter((name) => name.startsWith('src/texts/'))
const largest = languages.sort((a, b) => bytesOf(manifest[b].file) - bytesOf(manifest[a].file))[0]

let failed = false
for (const [page, limit] of Object.entries(LIMITS)) {
  const needed = ['index.html', largest, page, ...(BESIDE[page] ?? [])]
  const scripts = [...files(needed)].filter((file) => file.endsWith('.js'))
  const bytes = scripts.reduce((sum, file) => sum + bytesOf(file), 0)
  const size = (bytes / 1024).toFixed(1)
  console.log(`${page}: ${size} KiB of JavaScript gzipped in ${scripts.length} files, at most ${limit}`)
  failed ||= bytes > limit * 1024
}
if (failed) {
  console.error('too large')
  process.exit(1)
}
