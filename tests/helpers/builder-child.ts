import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'

// Serves one built function from its folder, behind the launcher of Vercel's builder.
const launcher = createRequire(import.meta.url)(
  join(process.cwd(), '___vc_bundled_api_handler.cjs'),
) as RequestListener

const server = createServer((request, response) => {
  // Vercel's router names the function in this header.
  request.headers['x-matched-path'] = `/${process.env['BUILT_FUNCTION']}`
  launcher(request, response)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : address)
})
