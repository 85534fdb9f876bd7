import { describe, expect, it } from 'vitest'

const files: Record<string, string> = import.meta.glob('../src/**/*.{ts,vue}', {
  eager: true,
  query: '?raw',
  import: 'default',
})

/** Where an import of `file` leads, as a key of the files; undefined outside the source. */
function target(file: string, name: string): string | undefined {
  const base = name.startsWith('@/') ? `/src/${name.slice(2)}` : name
  if (!/^(\/src|\.)/.test(base)) return undefined
  const path = `..${new URL(base, `http://page${file.slice(2)}`).pathname}`
  return [path, `${path}.ts`, `${path}/index.ts`].find((one) => one in files)
}

function importsOf(file: string): string[] {
  const names = (files[file] ?? '').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)
  return [...names].flatMap(([, name]) => target(file, name ?? '') ?? [])
}

/** A way along imports that comes back to where it began; null where there is none. */
function circle(edges: (file: string) => string[], all: string[]): string[] | null {
  const done = new Set<string>()
  function from(file: string, way: string[]): string[] | null {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (done.has(file)) return null
    done.add(file)
    for (const next of edges(file)) {
      const found = from(next, [...way, file])
      if (found !== null) return found
    }
    return null
  }
  for (const file of all) {
    const found = from(file, [])
    if (found !== null) return found
  }
  return null
}

describe('modules', () => {
  it('are all found, and what they import', () => {
    expect(Object.keys(files).length).toBeGreaterThan(80)
    expect(importsOf('../src/main.ts')).toContain('../src/i18n.ts')
    expect(importsOf('../src/lib/overriding.ts')).toContain('../src/i18n.ts')
    expect(importsOf('../src/pages.ts').filter((file) => file.endsWith('.vue')).length).toBeGreaterThan(10)
  })

  it('do not import each other in a circle, for types neither', () => {
    expect(circle(importsOf, Object.keys(files))).toBeNull()
  })

  it('in a circle would be found', () => {
    const edges: Record<string, string[]> = { a: ['b'], b: ['c', 'd'], c: [], d: ['b'] }
    expect(circle((file) => edges[file] ?? [], ['a'])).toEqual(['b', 'd', 'b'])
  })
})
