#include "program/study/study_files.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/base/atomic_file.hpp"
#include "core/base/parse_number.hpp"
#include "core/files/run.hpp"
#include "core/model/feature_description.hpp"
#include "geometry/represented.hpp"
#include "program/experiments/caption.hpp"
#include "sweep/kinds/phase_change_cell.hpp"

namespace digon {
namespace {

/// Nothing where there is no number.
std::string text_or_nothing(double value) {
  return std::isnan(value) ? "" : text_of(value);
}

/// A table whose rows begin with the cell and its values on the axes.
struct TidyTable {
  const StudyResults& results;
  Table table = {};

  TidyTable(const StudyResults& all, const std::vector<std::string>& columns) : results(all) {
    table.columns = {"cell"};
    for (const StudyAxis& axis : all.study->axes) table.columns.push_back(axis.column());
    for (const std::string& column : columns) {
      if (!is_axis(column)) table.columns.push_back(column);
    }
    columns_ = columns;
  }

  /// The entries are one a column; those of columns that are axes are left out.
  void add(std::size_t cell, const std::vector<std::string>& entries) {
    std::vector<std::string> row{text_of(cell)};
    const std::vector<StudyAxis>& axes = results.study->axes;
    for (std::size_t a = 0; a < axes.size(); ++a) row.push_back(axes[a].texts[results.points[cell].at[a]]);
    for (std::size_t k = 0; k < entries.size(); ++k) {
      if (!is_axis(columns_[k])) row.push_back(entries[k]);
    }
    table.add_row(std::move(row));
  }

 private:
  [[nodiscard]] bool is_axis(const std::string& column) const {
    for (const StudyAxis& axis : results.study->axes) {
      if (axis.column() == column) return true;
    }
    return false;
  }

  std::vector<std::string> columns_;
};

/// The phase of the feature that the axes vary, or nothing.
std::string swept_phase(const StudyResults& results, const StudyModel& model) {
  const auto swept = swept_feature(results.study->axes, model.model.features());
  return swept ? phase_name(model.model, swept) : "";
}

/// Weights by source: the place of each point's.
using Places = std::vector<std::pair<std::string, std::vector<StoredPlace>>>;

Places write_weights_of(const std::filesystem::path& folder, const StudyResults& results) {
  Places places;
  for (const char* source : {source_trained, source_optimum}) {
    std::vector<TrainedModel> models;
    for (const StudyPoint& point : results.points) {
      const StudyModel* model = point.find(source);
      if (model != nullptr)
        models.push_back({model->model, point.cell.model.features, point.cell.model.seed});
    }
    if (models.empty()) continue;
    const bool is_trained = std::string_view(source) == source_trained;
    places.emplace_back(source, save_models(folder, is_trained ? "weights" : source, models,
                                            is_trained ? StoredType::float32 : StoredType::float64));
  }
  return places;
}

Table cells_table_with(const StudyResults& results, const Places& places) {
  const Study& study = *results.study;
  const bool has_geometry = study.computes(Compute::geometry);
  const bool has_phase = has_geometry && names_a_feature(study.axes);
  const std::vector<std::string> quantities = quantities_of(study);
  std::vector<std::string> columns{"kind", "features", "hidden", "density", "law", "seed", "zero_loss"};
  columns.insert(columns.end(), quantities.begin(), quantities.end());
  std::vector<std::string> sources;
  for (const StudyModel& model : results.points.front().models) sources.push_back(model.source);
  for (const std::string& source : sources) {
    if (has_geometry) columns.push_back(source + "_geometry");
    if (has_phase) columns.push_back(source + "_phase");
  }
  for (const auto& [source, all] : places) {
    columns.insert(columns.end(), {source + "_file", source + "_instance"});
  }
  TidyTable tidy(results, columns);
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const StudyPoint& point = results.points[k];
    const TrainingCell& cell = point.cell.model;
    std::vector<std::string> row{std::string(name_of(cell.kind)),
                                 text_of(std::size_t(cell.features.features())),
                                 text_of(std::size_t(cell.hidden)),
                                 cell.features.has_uniform_density() ? text_of(cell.features.density[0]) : "",
                                 describe_law(cell.features),
                                 fmt::format("{}", cell.seed),
                                 text_of(point.zero_loss)};
    for (const std::string& name : quantities) row.push_back(text_or_nothing(results.quantity(point, name)));
    for (const StudyModel& model : point.models) {
      if (has_geometry) row.push_back(model.name);
      if (has_phase) row.push_back(swept_phase(results, model));
    }
    for (const auto& [source, all] : places) {
      row.insert(row.end(), {all[k].file, text_of(all[k].instance)});
    }
    tidy.add(k, row);
  }
  return std::move(tidy.table);
}

/// The settings of all cells in words.
std::string describe_study_cells(const StudyResults& results) {
  std::vector<TrainingCell> cells;
  for (const StudyPoint& point : results.points) cells.push_back(point.cell.model);
  return results.study->computes(Compute::train) ? describe_cells(cells) : describe_laws(cells);
}

}  // namespace

Table cells_table(const StudyResults& results) {
  return cells_table_with(results, {});
}

Table features_table(const StudyResults& results) {
  const bool has_geometry = results.study->computes(Compute::geometry);
  const bool has_parts = results.study->computes(Compute::decomposition);
  std::vector<std::string> columns{"model", "feature", "feature_density", "importance", "norm", "bias"};
  if (has_geometry)
    columns.insert(columns.end(), {"superposition", "dimensionality", "represented", "phase"});
  if (has_parts) columns.insert(columns.end(), {"reconstruction", "interference"});
  TidyTable tidy(results, columns);
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const FeatureDistribution& features = results.points[k].cell.model.features;
    for (const StudyModel& one : results.points[k].models) {
      const auto entry = [](const Eigen::VectorXd& of, Eigen::Index i) {
        return of.size() == 0 ? std::string() : text_of(of[i]);
      };
      for (Eigen::Index i = 0; i < features.features(); ++i) {
        const double norm = one.model.W.col(i).norm();
        std::vector<std::string> row{one.source,
                                     text_of(std::size_t(i)),
                                     text_of(features.density[i]),
                                     text_of(features.importance[i]),
                                     text_of(norm),
                                     text_of(one.model.b[i])};
        if (has_geometry) {
          row.insert(row.end(),
                     {text_of(one.geometry.superposition[i]), text_of(one.geometry.dimensionality[i]),
                      norm > represented_norm ? "1" : "0", phase_name(one.model, i)});
        }
        if (has_parts) {
          row.insert(row.end(), {entry(one.parts.reconstruction, i), entry(one.parts.interference, i)});
        }
        tidy.add(k, row);
      }
    }
  }
  return std::move(tidy.table);
}

Table decomposition_table(const StudyResults& results) {
  TidyTable tidy(results, {"model", "active_features", "probability", "mean_loss", "share"});
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    for (const StudyModel& one : results.points[k].models) {
      const Eigen::VectorXd part = one.parts.weight.cwiseProduct(one.parts.mean);
      for (Eigen::Index a = 0; a < part.size(); ++a) {
        tidy.add(k, {one.source, text_of(std::size_t(a)), text_of(one.parts.weight[a]),
                     text_of(one.parts.mean[a]), text_of(part[a] / part.sum())});
      }
    }
  }
  return std::move(tidy.table);
}

Table snapshots_table(const StudyResults& results) {
  TidyTable tidy(results, {"step", "loss", "feature", "norm", "dimensionality"});
  for (std::size_t k = 0; k < results.points.size(); ++k) {
    const std::vector<Snapshot>& snapshots = results.points[k].trained->snapshots;
    for (std::size_t s = 0; s < snapshots.size(); ++s) {
      const FeatureGeometry geometry = feature_geometry(snapshots[s].model.W);
      for (Eigen::Index i = 0; i < geometry.norm.size(); ++i) {
        tidy.add(k,
                 {text_of(snapshots[s].step), text_of(results.points[k].snapshot_losses[s]),
                  text_of(std::size_t(i)), text_of(geometry.norm[i]), text_of(geometry.dimensionality[i])});
      }
    }
  }
  return std::move(tidy.table);
}

Table write_study(const std::filesystem::path& folder, const StudyResults& results,
                  const std::string& command) {
  const Study& study = *results.study;
  Table cells = cells_table_with(results, write_weights_of(folder, results));
  write_csv(folder / "cells.csv", cells);
  write_csv(folder / "features.csv", features_table(results));
  if (study.computes(Compute::decomposition)) {
    write_csv(folder / "decomposition.csv", decomposition_table(results));
  }
  if (study.computes(Compute::snapshots)) write_csv(folder / "snapshots.csv", snapshots_table(results));
  const std::string settings = describe_study_cells(results);
  Report report{study.title, fmt::format("{} cells: {}.", results.points.size(), settings), {}};
  for (const StudyFigure& figure : study.figures) {
    const std::string shows = draw_figure(folder, figure, results);
    write_file_atomically(folder / (figure.name + ".txt"), fmt::format("{}\n\n{}.\n", shows, settings));
    const std::string title = figure.title.empty() ? "" : ": " + plain_text(figure.title);
    report.sections.push_back(
        {figure.name + title, "", "", {folder / figure.name}, {}, {}});  // it has a caption
  }
  constexpr std::size_t most_rows = 200;
  Table shown = cells;
  if (shown.rows.size() > most_rows) shown.rows.resize(most_rows);
  for (std::vector<std::string>& row : shown.rows) {
    for (std::string& entry : row) {
      if (const auto number = parse_number(entry)) entry = fmt::format("{:.6g}", *number);
    }
  }
  report.sections.push_back(
      {"All cells",
       shown.rows.size() < cells.rows.size()
           ? fmt::format("The first {} of {}; all are in cells.csv.", most_rows, cells.rows.size())
           : "As in cells.csv.",
       command,
       {},
       {shown},
       {}});
  write_file_atomically(folder / "report.html", to_html(report));
  return cells;
}

}  // namespace digon
