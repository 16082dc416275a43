import { trustsServers } from "../servers";

trustsServers("dash");
