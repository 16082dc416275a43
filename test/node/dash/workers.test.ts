import { rollsWorkers } from "../workers";

rollsWorkers("dash");
