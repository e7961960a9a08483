/** The first file of a compiled task's process, beside the compiled code. */
import { loadCompiled } from './compiled.ts'

void loadCompiled(__dirname)['harness/child.ts']!()
