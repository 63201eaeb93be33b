// The stand-in of the tests in a process of its own, as a server has one, for where no MongoDB can be had.

import { createMongoStandIn } from "../../test/mongo/stand-in/mongo-stand-in.ts";
import { serve } from "../child.ts";

const standIn = await createMongoStandIn({ user: { user: "bench", password: "bench" } });

serve({ url: () => Promise.resolve(standIn.url) }, () => standIn.goDown());
