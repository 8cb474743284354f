package io.holdfast.cli;

import java.util.List;
import java.util.function.Supplier;

/** Every subcommand, in the order of the help text: one class each, one line here. */
final class Commands {
  private Commands() {}

  static List<Supplier<Object>> all() {
    return List.of(
        QuickstartCommand::new,
        InitCommand::new,
        HardenCommand::new,
        EvaluateCommand::new,
        CampaignCommand::new,
        AttackCommand::new,
        AttacksCommand::new,
        InventoryCommand::new,
        UniversalCommand::new,
        ObjectivesCommand::new,
        LibraryCommand::new,
        SurrogateCommand::new,
        SoupCommand::new,
        CompareCommand::new,
        ReportCommand::new,
        DoctorCommand::new,
        SchemaCommand::new,
        CompletionCommand::new);
  }
}
