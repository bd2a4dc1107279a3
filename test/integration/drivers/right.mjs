/** Nothing is wrong. */
import { serve } from "./gateway-driver.mjs";

serve("right");
