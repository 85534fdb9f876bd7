import { describe, expect, it } from 'vitest'
import type { Issue } from '@/api/types'
import { asRows } from '@/lib/findings'

const finding = (message: string, evidence: string[] = [], rule = 'lookalike', severity = 'medium') =>
  ({ type: 'warning', rule, severity, category: 'security', help_url: null, message, evidence }) as Issue

describe('findings', () => {
  it('of one kind about many things are one row with all of them', () => {
    const names = Array.from({ length: 10 }, (_, place) => `com.example.reader${place}`)
    const rows = asRows(names.map((name) => finding(`The name looks like that of ${name} (swapped)`, [name])))
    expect(rows).toHaveLength(1)
    expect(rows[0]?.message).toBe('The name looks like that of … (swapped)')
    expect(rows[0]?.lines).toEqual(names)
  })

  it('are merged in Chinese as well', () => {
    const [row] = asRows(['a.b', 'a.c'].map((name) => finding(`名称与现有插件 ${name} 过于相似（近形）`, [name])))
    expect(row).toMatchObject({ message: '名称与现有插件 … 过于相似（近形）', lines: ['a.b', 'a.c'], isMerged: true })
  })

  it('keep what tells them apart, and further evidence', () => {
    const [row] = asRows([finding('Calls x (2)', ['a.dll']), finding('Calls y (3)', ['b.dll'])])
    expect(row).toMatchObject({ message: 'Calls …', lines: ['x (2)', 'a.dll', 'y (3)', 'b.dll'] })
  })

  it('are not divided within brackets', () => {
    const [row] = asRows(['2', '3'].map((count) => finding(`包含可执行程序（${count} 个）`)))
    expect(row).toMatchObject({ message: '包含可执行程序…', lines: ['（2 个）', '（3 个）'] })
  })

  it('with the same message have the evidence of all', () => {
    const [row] = asRows([finding('No icon', ['a']), finding('No icon', ['b']), finding('No icon', ['a'])])
    expect(row).toMatchObject({ message: 'No icon', lines: ['a', 'b'] })
  })

  it('of other rules, urgency or words stay apart', () => {
    const rows = asRows([
      finding('One'),
      finding('Two'),
      finding('One', [], 'other'),
      finding('One', [], 'lookalike', 'low'),
    ])
    expect(rows.map(({ message }) => message)).toEqual(['One', 'Two', 'One', 'One'])
  })

  it('do not repeat in their evidence what they say', () => {
    expect(asRows([finding('Looks like a.b', ['a.b', 'c'])])[0]?.lines).toEqual(['c'])
    expect(asRows([])).toEqual([])
  })
})
