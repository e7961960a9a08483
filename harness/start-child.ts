/** The first file of a compiled task's process, beside the compiled code. Only a phase from elsewhere needs a loader. */
import { loadCompiled } from './compile/compiled.ts'

async function importSource(url: string): Promise<unknown> {
  const { register } = await import('tsx/esm/api')
  register()
  return import(url)
}

void loadCompiled(__dirname, importSource)['harness/child.ts']!()
