import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { statusPrinter } from '../../harness/cli/status-pages.ts'
import { loadPage } from '../../harness/compile/page.ts'
import { newSpan } from '../../lib/model/draft.ts'
import { memorySource } from '../../lib/model/memory-source.ts'
import type { Resource, Span, Trace } from '../../lib/model/trace.ts'
import { listenForQueries } from '../../lib/serve/api/listen.ts'
import type { Listening } from '../../lib/serve/drain.ts'
import { filesStatus } from '../../lib/serve/status/status.ts'
import { startBrowser, watchErrors } from './browser.ts'

export const second = 1_000_000_000n

/** What is shown must be what it says, and nothing of it may run. */
export const markup = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'

export function resourceOf(service: string): Resource {
  return { attributes: [{ key: 'service.name', value: service }], droppedAttributesCount: 0, schemaUrl: '' }
}

/** A span of one second, with ids of small numbers; 0 is no parent. */
export function pageSpan(id: number, parent: number, fields: Partial<Span>): Span {
  const [startNanos, endNanos] = [1000n * second, 1001n * second]
  return {
    ...newSpan(),
    spanId: hexOf(id),
    parentSpanId: parent === 0 ? '' : hexOf(parent),
    startNanos,
    endNanos,
    ...fields,
  }
}

export function hexOf(id: number): string {
  return id.toString(16).padStart(16, '0')
}

/** A server with some traces, and a browser that shows its page. */
export class PageStage {
  readonly #server: Listening
  readonly #browser: Browser
  #page: Page | undefined
  /** What the console said that is an error. */
  problems: string[] = []

  private constructor(server: Listening, browser: Browser) {
    this.#server = server
    this.#browser = browser
  }

  static async start(traces: readonly Trace[]): Promise<PageStage> {
    const source = memorySource(traces)
    const config = {
      source: async () => source,
      page: await loadPage(),
      status: filesStatus([], '1', () => ({})),
      statusPrinter,
      version: '1',
      revision: '',
      timeoutMillis: 10_000,
      maxBytes: 1e9,
    }
    const server = await listenForQueries(config, { host: '127.0.0.1', port: 0 })
    return new PageStage(server, await startBrowser())
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/`
  }

  /** A new page at a fragment of the address; the one before must have been checked. */
  async open(fragment: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.#browser.newPage(options)
    watchErrors(page, this.problems)
    await page.goto(`${this.url}${fragment}`)
    this.#page = page
    return page
  }

  /** Closes the page, in which nothing may have gone wrong. */
  async check(): Promise<void> {
    const [page, problems] = [this.#page, this.problems]
    this.#page = undefined
    this.problems = []
    const broken = await page?.evaluate('window.broken')
    await page?.close()
    expect(problems).toEqual([])
    expect(broken).toBeUndefined()
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.#server.close()
  }
}
