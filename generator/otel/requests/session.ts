import { micros } from '../../timing.ts'
import { call, defineHttp, defineRpc } from '../calls.ts'
import { failures, happens } from '../failures.ts'
import { services } from '../fleet.ts'
import type { Failure, SpanDraft } from '../span-draft.ts'
import { defineQuery, query, readCache, step, together, writeCache } from '../stores.ts'
import { defineRoute, type Entry, enter, evaluateFlag, putUser } from './gateway.ts'

/** Pattern 1, user authentication. */

const route = defineRoute('POST', '/api/v1/auth/login', 620)
const authenticate = defineHttp(services.user, 'POST', '/internal/users/authenticate', { timeoutMillis: 3000 })
const verifyPassword = defineRpc(services.auth, 'shop.auth.v1.AuthService', 'VerifyPassword', { timeoutMillis: 300 })
const issueToken = defineRpc(services.auth, 'shop.auth.v1.AuthService', 'IssueToken', {
  timeoutMillis: 800,
  attempts: 2,
})

const selectUser = defineQuery('users', {
  collection: 'users',
  operation: 'SELECT',
  text: "SELECT id, email, display_name, locked_until FROM users WHERE email = '?'",
  medianMicros: 1100,
})
const updateLogin = defineQuery('users', {
  collection: 'users',
  operation: 'UPDATE',
  text: "UPDATE users SET last_login_at = now(), last_login_ip = '?' WHERE id = ?",
  medianMicros: 1900,
})
const selectCredentials = defineQuery('auth', {
  collection: 'credentials',
  operation: 'SELECT',
  text: 'SELECT salt, hash, algorithm FROM credentials WHERE user_id = ?',
  medianMicros: 800,
})
const insertSession = defineQuery('auth', {
  collection: 'sessions',
  operation: 'INSERT',
  text: "INSERT INTO sessions (id, user_id, ip) VALUES ('?', ?, '?')",
  medianMicros: 1600,
})
const selectAttempts = defineQuery('auth', {
  collection: 'login_attempts',
  operation: 'SELECT',
  text: "SELECT count(*) FROM login_attempts WHERE ip = '?' AND at > now() - interval '15 minutes'",
  medianMicros: 1200,
  spread: 'wide',
})

const bcrypt = micros(62_000, 'steady')
const sign = micros(450, 'steady')
const policy = micros(300, 'varied')

export function requestLogin(entry: Entry): void {
  const { user } = entry
  enter(entry, route, [], root => {
    evaluateFlag(root)
    return call(root, authenticate, [], server => {
      putUser(server, user)
      const failure = together(server, [
        () => query(server, selectUser, [user.email]),
        () => query(server, selectAttempts, [user.address]),
      ])
      return failure ?? step(server, 'AuthenticationService.authenticate', policy, span => checkAndIssue(span, entry))
    })
  })
}

function checkAndIssue(span: SpanDraft, { user }: Entry): Failure | undefined {
  const failure = call(span, verifyPassword, [], server => {
    const failed = query(server, selectCredentials, [user.id])
    step(server, 'bcrypt.compare', bcrypt)
    return failed ?? (happens(server, 600) ? failures.unauthorized : undefined)
  })
  if (failure !== undefined) return failure
  const refused = call(span, issueToken, [], server => {
    step(server, 'jwt.sign', sign)
    const failed = query(server, insertSession, [user.session, user.id, user.address])
    if (failed === undefined) writeCache(server, 'SET', ['session:', user.session])
    return failed
  })
  if (refused !== undefined) return refused
  readCache(span, 'HGETALL', ['profile:', user.id], 5500)
  return query(span, updateLogin, [user.address, user.id])
}
