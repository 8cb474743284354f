package io.holdfast.testkit.campaign;

import io.holdfast.common.Progress;
import java.nio.file.Path;

/** Goes on with a campaign in a folder and says how far it is, for a parent that kills it. */
final class CampaignProcess {
  static final String ADVANCE = "advance ";

  private CampaignProcess() {}

  public static void main(String[] arguments) {
    Progress telling =
        (title, total, unit) ->
            n -> {
              if (!title.startsWith("checking ")) {
                System.out.println(ADVANCE + title);
              }
            };
    CampaignFolder.run(Path.of(arguments[0]), Path.of(arguments[1]), true, telling).run();
  }
}
