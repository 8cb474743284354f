package io.holdfast.testkit.campaign;

import io.holdfast.common.Progress;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** Goes on with a campaign in a folder and dies without warning in the midst of it. */
final class CampaignProcess {
  static final int DIED = 137;

  private CampaignProcess() {}

  public static void main(String[] arguments) {
    AtomicInteger left = new AtomicInteger(Integer.parseInt(arguments[2]));
    Progress deadly =
        (title, total, unit) ->
            n -> {
              if (!title.startsWith("checking ") && left.decrementAndGet() == 0) {
                Runtime.getRuntime().halt(DIED);
              }
            };
    CampaignFolder.run(Path.of(arguments[0]), Path.of(arguments[1]), true, deadly).run();
  }
}
