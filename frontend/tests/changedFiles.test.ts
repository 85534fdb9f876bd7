import { describe, expect, it } from 'vitest'
import type { ChangedFile, FileSide } from '@/api/types'
import { encodingName, endingsName, hiddenIn, isComparable } from '@/lib/changedFiles'

function side(kind: FileSide['kind'], text: Partial<NonNullable<FileSide['text']>> | null = null): FileSide {
  return { kind, size: 1, sha256: '', assembly: null, text: text as FileSide['text'] }
}

function file(before: FileSide | null, after: FileSide | null): ChangedFile {
  return { path: 'a', state: 'changed', before, after, references: null }
}

describe('changed files', () => {
  it('are compared line by line where both sides are texts', () => {
    expect(isComparable(file(side('text'), side('text')))).toBe(true)
    expect(isComparable(file(null, side('text')))).toBe(true)
    expect(isComparable(file(side('binary'), side('text')))).toBe(false)
    expect(isComparable(file(null, side('assembly')))).toBe(false)
  })

  it('are warned of by what they are now', () => {
    const bad = side('text', { hidden: 2, invalid: 1 })
    expect(hiddenIn(file(null, bad))).toEqual({ hidden: 2, invalid: 1 })
    expect(hiddenIn(file(bad, null))).toEqual({ hidden: 0, invalid: 0 })
    expect(hiddenIn(file(bad, side('text')))).toEqual({ hidden: 0, invalid: 0 })
  })

  it('say names of encodings and line ends, and leave the rest to words', () => {
    expect(encodingName(side('text', { encoding: 'utf-8-bom' }))).toBe('UTF-8 + BOM')
    expect(encodingName(side('text', { encoding: 'unknown' }))).toBeNull()
    expect(endingsName(side('text', { line_endings: 'crlf' }))).toBe('CRLF')
    expect(endingsName(side('text', { line_endings: 'mixed' }))).toBeNull()
    expect(endingsName(side('binary'))).toBeNull()
  })
})
