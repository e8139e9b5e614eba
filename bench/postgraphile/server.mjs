// PostGraphile as one would operate it: production settings, one process a core, the role and the
// claims of each request as settings of its transaction. DATABASE_URL, PORT, POOL_SIZE, WORKERS.

import cluster from "node:cluster";
import { createServer } from "node:http";

const { DATABASE_URL, PORT, POOL_SIZE, WORKERS } = process.env;

if (cluster.isPrimary) {
  for (let worker = 0; worker < Number(WORKERS); worker += 1) cluster.fork();
  cluster.on("exit", () => process.exit(1));
  process.on("SIGTERM", () => process.exit(0));
} else {
  await serve();
}

async function serve() {
  const { postgraphile } = await import("postgraphile");
  const { makePgService } = await import("postgraphile/adaptors/pg");
  const { grafserv } = await import("postgraphile/grafserv/node");
  const { PostGraphileAmberPreset } = await import("postgraphile/presets/amber");

  const preset = {
    extends: [PostGraphileAmberPreset],
    pgServices: [
      makePgService({
        connectionString: DATABASE_URL,
        schemas: ["bench"],
        poolConfig: { max: Math.max(1, Math.floor(Number(POOL_SIZE) / Number(WORKERS))) },
      }),
    ],
    grafast: {
      explain: false,
      context: () => ({
        pgSettings: { role: "anon", "request.jwt.claims": '{"role":"anon"}' },
      }),
    },
    grafserv: { graphiql: false, watch: false, graphqlPath: "/graphql" },
  };
  const server = createServer();
  await postgraphile(preset).createServ(grafserv).addTo(server);
  server.listen(Number(PORT), "127.0.0.1");
}
