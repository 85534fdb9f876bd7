import { describe, expect, expectTypeOf, it } from 'vitest'
import { at, type PathOf } from '@/api/address'
import { get, post } from '@/api/client'
import type { Account, Category, Limits, ReviewDetail } from '@/api/types'

const review = at('/api/v1/admin/reviews/{review_id}', { review_id: 'x' })

/** Never run: it is the compiler that fails where one of these types is another, or an expected error is none. */
export async function claims(): Promise<void> {
  expectTypeOf(get(review)).resolves.toEqualTypeOf<ReviewDetail>()
  expectTypeOf(get('/api/v1/limits')).resolves.toEqualTypeOf<Limits>()
  expectTypeOf(get('/api/v1/marketplace/categories')).resolves.toEqualTypeOf<Category[]>()
  expectTypeOf((await get('/api/v1/admin/users', { search: 'x' })).users).toEqualTypeOf<Account[]>()

  // @ts-expect-error: it answers a review, not an account.
  const wrong: Account = await get(review)
  // @ts-expect-error: nobody says what an address answers.
  await get<Account>(review)
  // @ts-expect-error: there is no such address,
  await get('/api/v1/nowhere')
  // @ts-expect-error: nor one whose names have no value,
  await get('/api/v1/admin/reviews/{review_id}')
  // @ts-expect-error: nor one that was put together by hand.
  await get(`/api/v1/admin/reviews/${wrong.id}`)
  // @ts-expect-error: it is named otherwise in the document.
  at('/api/v1/admin/reviews/{review_id}', { id: 'x' })
  // @ts-expect-error: it answers POST alone.
  await get('/api/v1/auth/login')
  // @ts-expect-error: a filter that there is not,
  await get('/api/v1/admin/users', { serach: 'x' })
  // @ts-expect-error: a value that it does not take,
  await get('/api/v1/admin/users', { role: 'guest' })
  // @ts-expect-error: what it needs is not there.
  await post('/api/v1/auth/login')
  // @ts-expect-error: a field of the body is misspelt.
  await post('/api/v1/auth/login', { username: 'x', passwort: 'y' })
}

describe('an address', () => {
  it('has its values in the place of their names, whatever stands in them', () => {
    const path = '/api/v1/marketplace/plugins/{plugin_id}/versions/{version}' satisfies PathOf<'get'>
    expect(at(path, { plugin_id: 'a/../b?c', version: '1.0.0+x {plugin_id}' })).toBe(
      '/api/v1/marketplace/plugins/a%2F..%2Fb%3Fc/versions/1.0.0%2Bx%20%7Bplugin_id%7D',
    )
  })
})
