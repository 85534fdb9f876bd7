import { describe, expect, it, vi } from 'vitest'
import { madeKey } from '@/lib/keys'

describe('a key that is made', () => {
  it('is long, and good as a plugin key and as a user key', () => {
    const keys = Array.from({ length: 200 }, madeKey)
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(new Set(keys).size).toBe(200)
  })

  it('comes from the browser’s secure chance, and no letter is likelier than another', () => {
    const given = vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
      // 255 would be taken for a letter a second time.
      new Uint8Array(bytes?.buffer as ArrayBuffer).forEach((_, place, all) => (all[place] = place % 2 ? 255 : 61))
      return bytes
    })
    expect(madeKey()).toBe('9'.repeat(32))
    expect(given).toHaveBeenCalledTimes(2)
    given.mockRestore()
  })
})
