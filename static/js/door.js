// /: only to greet with the organisation's name, logo and colour. The page works without it.

import { session } from "./api.js";
import { showOrganisation } from "./shell.js";

session().then(showOrganisation, () => undefined);
