import { describe, expect, it } from 'vitest'
import type { ReviewReply } from '@/api/types'
import { filled, fitting, inserted } from '@/lib/replies'

const reply = (title: string, text: string) => ({ title, text }) as ReviewReply

describe('saved replies', () => {
  it('name the plugin and its version, and leave other braces alone', () => {
    const names = { plugin: '$& {version}', version: '1.0.0' }
    expect(filled('{plugin} {version} {other} {plugin}', names)).toBe('$& {version} 1.0.0 {other} $& {version}')
  })

  it('are found by all words, in titles and texts, in any case', () => {
    const all = [reply('Network', 'say why'), reply('License', 'say WHICH network')]
    expect(fitting(all, 'NETWORK')).toEqual(all)
    expect(fitting(all, 'which net')).toEqual([all[1]])
    expect(fitting(all, '  ')).toEqual(all)
    expect(fitting(all, 'nothing')).toEqual([])
  })

  it('are put in at the cursor, in place of what is selected, on lines of their own', () => {
    expect(inserted('', 0, 0, 'x')).toEqual({ text: 'x', cursor: 1 })
    expect(inserted('ab', 1, 1, 'x')).toEqual({ text: 'a\nx\nb', cursor: 3 })
    expect(inserted('a old\n', 2, 5, 'new')).toEqual({ text: 'a new\n', cursor: 5 })
    expect(inserted('a\n', 2, 2, 'x')).toEqual({ text: 'a\nx', cursor: 3 })
  })
})
