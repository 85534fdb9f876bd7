import { describe, expect, it } from 'vitest'
import { ago, count, duration, exactMoment, localTimes, moment, size, waitOf } from '@/lib/format'

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [100 * 1024, '100 KiB'],
    [5 * 1024 ** 2, '5.0 MiB'],
    [3 * 1024 ** 4, '3.0 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('%d bytes are %s', (bytes, text) => expect(size(bytes)).toBe(text))
})

describe('times', () => {
  const now = new Date('2026-03-10T12:00:00Z')

  it.each([
    ['2026-03-10T11:59:30Z', 'now'],
    ['2026-03-10T11:57:00Z', '3 minutes ago'],
    ['2026-03-09T12:00:00Z', '1 day ago'],
    ['2026-03-10T14:00:00Z', 'in 2 hours'],
    ['2024-03-10T12:00:00Z', '2 years ago'],
  ])('%s is %s', (iso, text) => expect(ago(iso, 'en', now)).toBe(text))

  it('speaks Chinese', () => expect(ago('2026-03-10T11:57:00Z', 'zh-CN', now)).toBe('3分钟前'))

  it('is shown in the zone of who reads it, the same in every language, to the second in the title', () => {
    const at = new Date(2026, 2, 10, 9, 5, 7)
    expect(moment(at.toISOString())).toBe('2026-03-10 09:05')
    expect(exactMoment(at.toISOString())).toMatch(/^2026-03-10 09:05:07 (GMT|UTC)([+-][\d:]+)?$/)
    expect(moment(new Date(2026, 2, 10, 0, 0, 0).toISOString())).toBe('2026-03-10 00:00')
  })
})

describe('a sentence of the server', () => {
  it('has times in the zone of who reads it', () => {
    const at = new Date(2026, 2, 10, 9, 5).toISOString().replace('.000Z', 'Z')
    expect(localTimes(`offered from ${at} on, until ${at}`)).toBe(
      'offered from 2026-03-10 09:05 on, until 2026-03-10 09:05',
    )
    expect(localTimes('1.0.0 of 2026-03-10')).toBe('1.0.0 of 2026-03-10')
  })
})

describe('durations', () => {
  it.each([
    [0, '0 min'],
    [59, '59 min'],
    [60, '1 hr'],
    [1500, '1 day 1 hr'],
    [2881, '2 days 1 min'],
  ])('%d minutes are %s', (minutes, text) => expect(duration(minutes, 'en')).toBe(text))
})

it('groups digits', () => expect(count(1234567, 'en')).toBe('1,234,567'))

describe('a wait', () => {
  it.each([
    [1, 1, 'second'],
    [2, 2, 'seconds'],
    [119, 119, 'seconds'],
    [120, 2, 'minutes'],
    [121, 3, 'minutes'],
    [720, 12, 'minutes'],
    [7_200, 120, 'minutes'],
    [7_201, 3, 'hours'],
  ])('of %d s is %d %s', (seconds, count, unit) => expect(waitOf(seconds)).toEqual({ count, unit }))
})
