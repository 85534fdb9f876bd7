import { describe, expect, it } from 'vitest'
import { asApiError, secondsOf } from '@/api/errors'

const detail = { field: 'version', entry: null, rule: 'semver', message: 'no version' }

describe('refusals', () => {
  it('of the host API', () => {
    const body = { message: 'bad package', data: null, status: 400, error: 'bad_package', details: [detail] }
    const error = asApiError(400, body, 'r1', '?')
    expect(error).toMatchObject({ message: 'bad package', status: 400, slug: 'bad_package', requestId: 'r1' })
    expect(error.field('version')).toBe('no version')
    expect(error.field('name')).toBeUndefined()
  })

  it('of the marketplace', () => {
    const body = { message: 'wrong', error: { type: 'ValidationError', slug: 'invalid', details: [detail] } }
    const error = asApiError(422, body, 'r2', '?')
    expect([error.slug, error.details]).toEqual(['invalid', [detail]])
  })

  it.each([null, '', '<html>', 7, [], {}, { message: '' }, { error: null, details: 'x' }])(
    'that are none say the fallback: %j',
    (body) => {
      const error = asApiError(502, body, '', 'unexpected')
      expect([error.message, error.slug, error.details]).toEqual(['unexpected', '', []])
    },
  )
})

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')

  it.each([
    ['720', 720],
    [' 5 ', 5],
    ['Thu, 01 Jan 2026 00:12:00 GMT', 720],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
    ['-3', null],
    ['1.5', null],
    ['', null],
    [undefined, null],
  ])('%j is %j seconds', (header, seconds) => expect(secondsOf(header, now)).toBe(seconds))
})
