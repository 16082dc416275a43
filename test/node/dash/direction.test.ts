import { keepsTrustInDirection } from "../direction";

keepsTrustInDirection("dash");
